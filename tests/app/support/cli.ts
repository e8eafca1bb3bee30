/** Legwork as an operator starts it: a process of its own with the permission set of deno.json. */

const ROOT = new URL("../../..", import.meta.url).pathname;

/** How a process ended. */
export interface Outcome {
  readonly code: number;
  /** Lines of standard output. */
  readonly out: readonly string[];
  /** Lines of standard error, those of Deno itself apart. */
  readonly err: string[];
}

/** Runs `legwork` with these arguments to its end, from the folder `cwd`. */
export async function legwork(
  args: readonly string[],
  { cwd = ROOT }: { cwd?: string } = {},
): Promise<Outcome> {
  const { code, stdout, stderr } = await command(args, cwd).output();
  return { code, out: lines(stdout), err: lines(stderr) };
}

/** Starts `legwork` and leaves it running; its standard output is read line by line. */
export function start(
  args: readonly string[],
  { cwd = ROOT, permissions = [] }: {
    cwd?: string;
    /** Beyond those of deno.json. */
    permissions?: readonly string[];
  } = {},
): Running {
  return new Running(command(args, cwd, permissions).spawn());
}

/** A Legwork that runs. */
export class Running implements AsyncDisposable {
  readonly process: Deno.ChildProcess;
  readonly #out: Lines;
  readonly #err: Lines;

  constructor(process: Deno.ChildProcess) {
    this.process = process;
    this.#out = new Lines(process.stdout);
    this.#err = new Lines(process.stderr);
  }

  /** The next line of standard output; undefined at its end. */
  line(): Promise<string | undefined> {
    return this.#out.next();
  }

  /** Waits until standard error has a further line with `words` in it; throws at its end. */
  async says(words: string): Promise<void> {
    for (;;) {
      const line = await this.#err.next();
      if (line === undefined) {
        throw new Error(`it never said ${words}:\n${this.#err.all}`);
      }
      if (line.includes(words)) return;
    }
  }

  /** All that standard error has said so far. */
  get said(): string {
    return this.#err.all;
  }

  /** Waits for the end: the exit code and all that standard error said. */
  async ended(): Promise<{ code: number; err: string }> {
    await Promise.all([this.#out.toEnd(), this.#err.toEnd()]);
    const { code } = await this.process.status;
    return { code, err: this.#err.all };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.ended();
  }
}

/** A stream of text, line by line. */
class Lines {
  all = "";
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #taken = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.all.indexOf("\n", this.#taken);
      if (end >= 0) {
        const line = this.all.slice(this.#taken, end);
        this.#taken = end + 1;
        return line;
      }
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.all += new TextDecoder().decode(value);
    }
  }

  async toEnd(): Promise<void> {
    while (await this.next() !== undefined);
  }
}

/** A folder with these files; removed when disposed of. */
export class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "legwork-" });

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.path}/${name}`, text);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

function command(
  args: readonly string[],
  cwd: string,
  permissions: readonly string[] = [],
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    // The gate has checked the types, and a test must not wait for an answer from a terminal.
    args: [
      ...["run", "-P", ...permissions, "--no-check", "--no-prompt", "--quiet"],
      ...["--config", `${ROOT}deno.json`, `${ROOT}mod.ts`, ...args],
    ],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

function lines(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes).trimEnd();
  return text === "" ? [] : text.split("\n").filter((line) =>
    // Deno's own word about permission sets.
    !line.includes("experimental feature")
  );
}

/** Programs of others: found on the path, started, bounded in time, ended. */

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A program that runs; disposing it ends it. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  said(): string;
  /** Sends a signal; does nothing once it has ended. */
  signal(name: Deno.Signal): void;
  /** Writes to its standard input. */
  write(text: string): Promise<void>;
}

/** Starts `program`; it is killed, with code 137, once `withinMs` has passed. */
export function start(
  program: string,
  args: readonly string[],
  options: { withinMs: number; cwd?: string; env?: Record<string, string> },
): Running {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).spawn();
  const stdin = child.stdin.getWriter();
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      output += decoder.decode(chunk, { stream: true });
    }
  };
  const signal = (name: Deno.Signal): void => {
    try {
      child.kill(name);
    } catch {
      // It has ended already.
    }
  };
  const deadline = setTimeout(() => signal("SIGKILL"), options.withinMs);
  const ended = Promise.all([
    child.status,
    read(child.stdout),
    read(child.stderr),
  ]).then(async ([status]) => {
    clearTimeout(deadline);
    await stdin.close().catch(() => {});
    return { code: status.code, output };
  });
  return {
    pid: child.pid,
    ended,
    said: () => output,
    signal,
    write: async (text) => await stdin.write(new TextEncoder().encode(text)),
    async [Symbol.asyncDispose](): Promise<void> {
      signal("SIGTERM");
      const kill = setTimeout(() => signal("SIGKILL"), 2000);
      await ended;
      clearTimeout(kill);
    },
  };
}

/** A test that needs programs; without them it is skipped, or fails in CI. */
export function peerTest(
  name: string,
  programs: readonly string[],
  test: (t: Deno.TestContext) => Promise<void>,
): void {
  const missing = programs.filter((program) => !installed(program));
  const ignore = missing.length > 0 && !Deno.env.get("CI");
  Deno.test({ name, fn: test, ignore });
}

/** Whether the path leads to a program of this name. */
export function installed(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

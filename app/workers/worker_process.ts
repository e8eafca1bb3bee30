/** One worker from its start to its end, as the supervisor has it. */

import {
  type Announcement,
  DRAINED,
  linesOf,
  type Order,
  readAnnouncement,
} from "./lines.ts";
import { SECRET_VARIABLE } from "./worker.ts";

/** What a {@linkcode WorkerProcess} is started with. */
export interface WorkerProcessOptions {
  /** The arguments of Deno. */
  readonly args: readonly string[];
  readonly secret: string;
  /** Takes each line that is for whoever reads our standard output. */
  readonly onLine: (line: string) => void;
  /** It has no calls left, and waits to be told to end. */
  readonly onDrained: () => void;
}

/** See the module's text. Its log goes where ours goes. */
export class WorkerProcess {
  /** Resolves when it listens; undefined when it has ended before. */
  readonly listening: Promise<Announcement | undefined>;
  readonly ended: Promise<Deno.CommandStatus>;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #listening = Promise.withResolvers<Announcement | undefined>();

  constructor(options: WorkerProcessOptions) {
    const { args, secret } = options;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      env: { [SECRET_VARIABLE]: secret },
    }).spawn();
    this.pid = this.#child.pid;
    this.#input = this.#child.stdin.getWriter();
    this.listening = this.#listening.promise;
    this.ended = this.#read(options).then(() => this.#child.status);
  }

  /** Tells it something; one that has ended does not hear it. */
  say(order: Order): void {
    this.#input.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`))
      .catch(() => {});
  }

  /** Ends it, whatever it does; one that has ended already stays so. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }

  async #read({ onLine, onDrained }: WorkerProcessOptions): Promise<void> {
    for await (const line of linesOf(this.#child.stdout)) {
      const announcement = readAnnouncement(line);
      if (announcement !== undefined) this.#listening.resolve(announcement);
      else if (line === DRAINED) onDrained();
      else onLine(line);
    }
    this.#listening.resolve(undefined);
    await this.#input.close().catch(() => {});
  }
}

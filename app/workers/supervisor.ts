/**
 * The process that an operator starts with `--workers`: it carries no calls, starts the workers that do, and starts again
 * the one that has died. Processes rather than threads, so that what kills one takes no other with it.
 *
 * @module
 */

import { ListenError } from "../../core/transport/listen_error.ts";
import { SECRET_BYTES } from "../../core/transport/worker_channel.ts";
import { formatListen } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import { type ControlServer, openControl } from "../control/control_server.ts";
import { controlPath } from "../control/socket_path.ts";
import type { LoadedConfig } from "../load_config.ts";
import type { Log } from "../log.ts";
import { StopSignals } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import { askWorkers } from "./ask_workers.ts";
import type { Announcement, Order } from "./lines.ts";
import { unable, unshareable } from "./unshareable.ts";
import { workerSocket } from "./worker_place.ts";
import { WorkerProcess } from "./worker_process.ts";

/** What a supervisor is given. */
export interface SuperviseOptions {
  readonly config: Config;
  readonly log: Log;
  readonly terminal: Terminal;
  readonly count: number;
  /** The line for a problem with a value of the configuration; default: its words alone. */
  readonly problemAt?: LoadedConfig["problemAt"];
  /** The arguments of this process, which its workers get too. */
  readonly args?: readonly string[];
}

/** How long a worker that has died is waited for before it is started again, doubling each time. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
/** How long a worker may take to end at once. */
const END_MS = 2_000;
/** A worker that has run that long is started again at once. */
const HEALTHY_MS = 10_000;

/** Resolves with the exit code: 0 when it was told to stop, 1 when it could not start. */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { config, log, terminal, count } = options;
  const { problemAt = (_path, message) => message } = options;
  const problems = [
    ...unable(),
    ...unshareable(config, count).map(({ path, message }) =>
      problemAt(path, message)
    ),
  ];
  if (problems.length === 0) problems.push(...taken(config));
  for (const problem of problems) terminal.err(problem);
  if (problems.length > 0) return 1;
  if (config.scripts.length > 0 && config.script_store.file === undefined) {
    log.warn("each worker has a script store of its own, none is shared", {
      wanted: "script_store.file",
    });
  }
  return await new Supervisor(options).run();
}

/** Addresses that a process has which does not share them with us: sockets that share would not notice. */
function taken({ listen }: Config): string[] {
  return listen.flatMap((address) => {
    const { transport, host: hostname, port } = address;
    try {
      if (transport === "tcp") Deno.listen({ hostname, port }).close();
      else Deno.listenDatagram({ transport: "udp", hostname, port }).close();
      return [];
    } catch (error) {
      return [new ListenError(formatListen(address), error).message];
    }
  });
}

class Supervisor {
  readonly #options: SuperviseOptions;
  readonly #secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
    .toHex();
  readonly #workers: (WorkerProcess | undefined)[];
  readonly #ports: (number | null)[];
  readonly #links: (number | null)[];
  readonly #drained = new Set<number>();
  readonly #stopped = Promise.withResolvers<void>();
  #isStopping = false;
  #listeners: readonly string[] = [];

  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#workers = Array(options.count).fill(undefined);
    this.#ports = Array(options.count).fill(null);
    this.#links = Array(options.count).fill(null);
  }

  async run(): Promise<number> {
    const { terminal, log, count } = this.#options;
    const signals = new StopSignals({
      onHangUp: () => this.#tell({ say: "reload" }),
    });
    const first = signals.first.then((signal) => this.#stop(signal));
    void signals.second.then(() => this.#end());
    const numbers = [...this.#workers.keys()];
    // The first one alone, so that what is wrong is said once.
    const isUp = await this.#start(0) !== undefined && (await Promise.all(
      numbers.slice(1).map((number) => this.#start(number)),
    )).every((worker) => worker !== undefined);
    if (isUp) {
      const listeners = this.#listeners.join(" ");
      const control = await this.#control();
      terminal.out(`legwork listening on ${listeners} (${count} workers)`);
      await Promise.all(numbers.map((number) => this.#keep(number)));
      control?.close();
      log.info("stopped");
    } else {
      this.#tell({ say: "drain" });
      this.#tell({ say: "end" });
      await Promise.all(this.#workers.map((worker) => worker?.ended));
    }
    if (this.#isStopping) await first;
    signals.dispose();
    return isUp || this.#isStopping ? 0 : 1;
  }

  /** The socket that speaks for all workers. */
  async #control(): Promise<ControlServer | undefined> {
    const { config, log, count } = this.#options;
    const path = controlPath(config, config.listen[0]!.port);
    if (path === undefined) return undefined;
    return await openControl(
      path,
      (request) =>
        askWorkers(request, {
          sockets: Array.from(
            { length: count },
            (_, number) => workerSocket(path, number),
          ),
          isAway: (number) => this.#ports[number] === null,
          loadMs: config.scripts.length * config.script_limits.async_ms,
        }),
      { log },
    );
  }

  #stop(signal: Deno.Signal): void {
    this.#isStopping = true;
    this.#stopped.resolve();
    this.#options.log.info("stopping", { signal });
    this.#tell({ say: "drain" });
  }

  /** One that does not heed the word, its script or its start may hang, is ended all the same. */
  async #end(): Promise<void> {
    this.#tell({ say: "end" });
    const timer = setTimeout(() => {
      for (const worker of this.#workers) worker?.kill();
    }, END_MS);
    await Promise.all(this.#workers.map((worker) => worker?.ended));
    clearTimeout(timer);
  }

  #tell(order: Order): void {
    for (const worker of this.#workers) worker?.say(order);
  }

  /** Starts a worker, and resolves when it listens; undefined when it has ended instead. */
  async #start(number: number): Promise<WorkerProcess | undefined> {
    const { terminal, log, args = Deno.args } = this.#options;
    if (this.#isStopping) return undefined;
    const worker = new WorkerProcess({
      args: workerArgs(args, `${number}/${this.#options.count}`),
      secret: this.#secret,
      onLine: (line) => terminal.out(line),
      onDrained: () => this.#done(number),
    });
    this.#workers[number] = worker;
    const announced = await worker.listening;
    if (announced === undefined) return undefined;
    log.info("worker listens", { worker: number, pid: worker.pid });
    this.#listeners = announced.listeners;
    this.#reach(number, announced);
    if (this.#isStopping) worker.say({ say: "drain" });
    return worker;
  }

  /** Starts a worker again whenever it ends, until all are to end. */
  async #keep(number: number): Promise<void> {
    const { log } = this.#options;
    let waitMs = FIRST_WAIT_MS;
    let startedMs = performance.now();
    for (;;) {
      const status = await this.#workers[number]?.ended;
      this.#workers[number] = undefined;
      this.#drained.delete(number);
      this.#reach(number, undefined);
      if (this.#isStopping) return this.#endDrained();
      if (performance.now() - startedMs > HEALTHY_MS) waitMs = FIRST_WAIT_MS;
      const { code, signal } = status ?? {};
      log.error("worker ended, it is started again", {
        worker: number,
        ...(signal ? { signal } : { code }),
        waitMs,
      });
      await this.#pause(waitMs);
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      startedMs = performance.now();
      await this.#start(number);
    }
  }

  /** All workers hear where one of them is now. */
  #reach(number: number, announced: Announcement | undefined): void {
    this.#ports[number] = announced?.channel ?? null;
    this.#links[number] = announced?.link || null;
    this.#tell({ say: "peers", ports: this.#ports, links: this.#links });
  }

  /** A worker has no calls left. One that was stopped alone goes at once, and is started again. */
  #done(number: number): void {
    this.#drained.add(number);
    if (this.#isStopping) this.#endDrained();
    else this.#workers[number]?.say({ say: "end" });
  }

  /** Workers that are done stay until all are: their connections may carry calls of others. */
  #endDrained(): void {
    const running = [...this.#workers.keys()].filter((number) =>
      this.#workers[number] !== undefined
    );
    if (running.every((number) => this.#drained.has(number))) {
      this.#tell({ say: "end" });
    }
  }

  /** Some time, or until all are to end. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      void this.#stopped.promise.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** The arguments of this process, with a place in the stead of a count. */
function workerArgs(args: readonly string[], place: string): string[] {
  const own = args.filter((arg, at) =>
    !arg.startsWith("--workers") && args[at - 1] !== "--workers"
  );
  return ["run", "-P=fast", Deno.mainModule, ...own, "--worker", place];
}

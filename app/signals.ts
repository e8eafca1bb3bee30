/** What the operating system asks of a running process. */

/** How the process is told about signals: `Deno.addSignalListener` and its opposite. */
export interface SignalSource {
  add(signal: Deno.Signal, listener: () => void): void;
  remove(signal: Deno.Signal, listener: () => void): void;
}

/** The process's own signals. */
export const PROCESS_SIGNALS: SignalSource = {
  add: (signal, listener) => Deno.addSignalListener(signal, listener),
  remove: (signal, listener) => Deno.removeSignalListener(signal, listener),
};

/** Settings of {@linkcode StopSignals}. */
export interface StopSignalsOptions {
  /** SIGHUP came: read the scripts again. */
  readonly onHangUp: () => void;
  readonly source?: SignalSource;
  readonly os?: typeof Deno.build.os;
}

/** SIGINT and SIGTERM stop the process: the first in good order, the second at once. */
export class StopSignals {
  /** Resolves with the name of the first stop signal. */
  readonly first: Promise<Deno.Signal>;
  /** Resolves with the name of the second. */
  readonly second: Promise<Deno.Signal>;
  readonly #source: SignalSource;
  readonly #listeners: (readonly [Deno.Signal, () => void])[] = [];

  constructor(options: StopSignalsOptions) {
    const { onHangUp, source = PROCESS_SIGNALS, os = Deno.build.os } = options;
    this.#source = source;
    const first = Promise.withResolvers<Deno.Signal>();
    const second = Promise.withResolvers<Deno.Signal>();
    this.first = first.promise;
    this.second = second.promise;
    let seen = 0;
    // Windows knows neither SIGTERM nor SIGHUP in Deno.
    const stops = os === "windows"
      ? ["SIGINT", "SIGBREAK"] as const
      : ["SIGINT", "SIGTERM"] as const;
    for (const signal of stops) {
      this.#listen(
        signal,
        () => (++seen === 1 ? first : second).resolve(signal),
      );
    }
    if (os !== "windows") this.#listen("SIGHUP", onHangUp);
  }

  /** Leaves the signals to the operating system again. */
  dispose(): void {
    for (const [signal, listener] of this.#listeners.splice(0)) {
      this.#source.remove(signal, listener);
    }
  }

  #listen(signal: Deno.Signal, listener: () => void): void {
    this.#source.add(signal, listener);
    this.#listeners.push([signal, listener]);
  }
}

import type { Clock } from "../base/clock.ts";
import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { HeardKind, Key, KeyListener, KeyPress, SendKind } from "./key.ts";
import type { KeySink, KeySinkUser } from "./key_sink.ts";
import { PressMatcher } from "./press_matcher.ts";

/** A key as it is passed on. */
export interface PassedKey {
  readonly key: Key;
  readonly durationMs: number;
  /** In another way than the leg's own. */
  readonly as?: SendKind;
}

/** What a translator works with. */
export interface DtmfTranslatorOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly limits?: Limits;
  /** The kinds that the hearing leg is set to; keys of others are not passed on. */
  readonly receive: readonly HeardKind[];
  /** No key is passed on shorter than this. */
  readonly minDurationMs?: number;
  /** Told of every press once, whatever becomes of it: for records and scripts. */
  readonly onPress?: (press: KeyPress) => void;
  /**
   * Decides what is passed on: undefined, the press itself; no keys, none. With it every key waits for its end,
   * which may be asked for only then; without it, keys may be passed on while they are down.
   */
  readonly decide?: (press: KeyPress) => readonly PassedKey[] | undefined;
}

/** A key that waits for its turn, or has it. */
interface Waiting {
  readonly key: Key;
  /** Undefined while it is down. */
  durationMs: number | undefined;
  readonly as: SendKind | undefined;
  readonly sinceMs: number;
}

/** The key that a kind holds down: one that is passed on when it is up, one that waits already, one told before. */
type Down =
  | { readonly as: "whole" }
  | { readonly as: "waiting"; readonly waiting: Waiting }
  | { readonly as: "repeat" };

const MIN_DURATION_MS = 100;

/**
 * Keys from one leg to the other, each once and in order, however they were heard and however they are sent. There
 * is one for each direction.
 *
 * Keys wait while the other leg cannot take them: before its answer, on hold, while a key is being sent.
 */
export class DtmfTranslator implements KeyListener, KeySinkUser {
  readonly #options: DtmfTranslatorOptions;
  readonly #limits: Limits;
  readonly #minDurationMs: number;
  readonly #matcher: PressMatcher;
  readonly #down: Map<HeardKind, Down> = new Map();
  readonly #queue: Waiting[] = [];
  #sinks: readonly KeySink[] = [];
  #sending: { readonly waiting: Waiting; readonly sink: KeySink } | undefined;
  #isFull = false;
  #isClosed = false;

  constructor(options: DtmfTranslatorOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#minDurationMs = options.minDurationMs ?? MIN_DURATION_MS;
    this.#matcher = new PressMatcher(options.clock);
  }

  /** Keys that were heard and have not begun to leave. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * The other leg takes keys from now on: by the first of these, or as a decision says. A key that is being sent goes
   * on by the sink that has begun it.
   */
  attach(sinks: readonly KeySink[]): void {
    if (this.#isClosed) return;
    const sending = this.#sending?.sink;
    for (const sink of this.#sinks) {
      if (sink !== sending && !sinks.includes(sink)) sink.close();
    }
    this.#sinks = sinks;
    this.#pump();
  }

  /** The other leg takes none for now: it is on hold, or gone. A key that has begun counts as sent. */
  detach(): void {
    const sending = this.#sending?.sink;
    this.#sending = undefined;
    if (sending !== undefined && !this.#sinks.includes(sending)) {
      sending.close();
    }
    for (const sink of this.#sinks) sink.close();
    this.#sinks = [];
  }

  /** The call is over. */
  close(): void {
    this.detach();
    this.#isClosed = true;
    const lost = this.#queue.splice(0).length;
    if (lost > 0) this.#options.observer.count("media_keys_undelivered", lost);
  }

  /** Passes on a key that nobody pressed: a script or an operator sends it. Nothing decides about it. */
  inject(key: PassedKey): void {
    this.#enqueue(key);
    this.#pump();
  }

  keyDown(key: Key, kind: HeardKind): void {
    if (!this.#options.receive.includes(kind)) return;
    this.#down.set(kind, this.#downOf(key, kind));
    this.#pump();
  }

  keyUp(press: KeyPress): void {
    const { kind } = press;
    if (!this.#options.receive.includes(kind)) return;
    const down = this.#down.get(kind) ??
      (this.#matcher.isRepeat(press.key, kind)
        ? { as: "repeat" } as const
        : { as: "whole" } as const);
    this.#down.delete(kind);
    this.#matcher.ended(press.key, kind);
    if (down.as === "repeat") return;
    this.#options.onPress?.(press);
    if (down.as === "whole") this.#passOn(press);
    else this.#release(down.waiting, press.durationMs);
  }

  keySent(outcome: "sent" | "failed"): void {
    const sink = this.#sending?.sink;
    this.#sending = undefined;
    if (sink !== undefined && !this.#sinks.includes(sink)) sink.close();
    this.#options.observer.count(
      outcome === "sent" ? "media_keys_sent" : "media_keys_failed",
    );
    this.#pump();
  }

  #downOf(key: Key, kind: HeardKind): Down {
    if (this.#matcher.isRepeat(key, kind)) return { as: "repeat" };
    if (this.#options.decide !== undefined) return { as: "whole" };
    const waiting = this.#enqueue({ key, durationMs: undefined });
    return waiting === undefined ? { as: "whole" } : { as: "waiting", waiting };
  }

  #passOn(press: KeyPress): void {
    for (const key of this.#options.decide?.(press) ?? [press]) {
      this.#enqueue(key);
    }
    this.#pump();
  }

  #release(waiting: Waiting, durationMs: number): void {
    waiting.durationMs = this.#atLeast(durationMs);
    if (this.#sending?.waiting === waiting) {
      this.#sending.sink.release(waiting.durationMs);
    } else {
      this.#pump();
    }
  }

  #enqueue(
    key: { key: Key; durationMs: number | undefined; as?: SendKind },
  ): Waiting | undefined {
    if (this.#isClosed) return undefined;
    const { clock, observer } = this.#options;
    if (this.#queue.length >= this.#limits.waitingKeys) {
      observer.count("media_keys_dropped");
      if (!this.#isFull) {
        observer.log({ level: "warn", text: "keys are lost: too many wait" });
      }
      this.#isFull = true;
      return undefined;
    }
    this.#isFull = false;
    const waiting = {
      key: key.key,
      durationMs: key.durationMs === undefined
        ? undefined
        : this.#atLeast(key.durationMs),
      as: key.as,
      sinceMs: clock.now(),
    };
    this.#queue.push(waiting);
    return waiting;
  }

  /** Sends the next key, if there is one and the leg is free. */
  #pump(): void {
    this.#forgetOld();
    const next = this.#queue[0];
    if (next === undefined || this.#sending !== undefined) return;
    const sink = this.#sinks.find(({ kind }) => kind === next.as) ??
      this.#sinks[0];
    if (sink === undefined) return;
    if (next.durationMs === undefined && !sink.takesHeldKeys) return;
    this.#queue.shift();
    this.#sending = { waiting: next, sink };
    sink.send({ key: next.key, durationMs: next.durationMs }, this);
  }

  /** A key that has waited for minutes means nothing any more, and may mean harm. */
  #forgetOld(): void {
    const { clock, observer } = this.#options;
    const oldestMs = clock.now() - this.#limits.keyWaitMs;
    while (this.#queue.length > 0 && this.#queue[0]!.sinceMs < oldestMs) {
      this.#queue.shift();
      observer.count("media_keys_expired");
    }
  }

  #atLeast(durationMs: number): number {
    return Math.max(durationMs, this.#minDurationMs);
  }
}

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { KeySink, KeySinkUser, KeySource, KeyToSend } from "./key_sink.ts";
import type { SendKind } from "./key.ts";

/** Takes packets to be sent; the bytes are used again once it has returned. */
export interface PacketOut {
  sendPacket(bytes: Uint8Array, length: number): void;
}

/** What a sink within the RTP stream works with. */
export interface StreamSinkOptions {
  readonly clock: Clock;
  readonly kind: "rfc4733" | "inband";
  /** Writes events, or tones. */
  readonly source: KeySource;
  readonly out: PacketOut;
  /** Pause between one key's end and the next one's begin. */
  readonly gapMs?: number;
}

const GAP_MS = 50;
/** An event, or 60 ms of G.711 at 8 kHz. */
const BUFFER_BYTES = 512;

/** Keys within an RTP stream, as events or tones: lets their packets go when they are due. */
export class StreamSink implements KeySink, Timed {
  readonly kind: SendKind;
  readonly takesHeldKeys = true;
  readonly #clock: Clock;
  readonly #source: KeySource;
  readonly #out: PacketOut;
  readonly #gapMs: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #timer: Timer | undefined;
  #user: KeySinkUser | undefined;

  constructor(options: StreamSinkOptions) {
    this.kind = options.kind;
    this.#clock = options.clock;
    this.#source = options.source;
    this.#out = options.out;
    this.#gapMs = options.gapMs ?? GAP_MS;
  }

  /** While true, audio that is relayed must not leave: the stream is the key's. */
  get busy(): boolean {
    return this.#source.busy;
  }

  send(key: KeyToSend, user: KeySinkUser): void {
    if (!this.#source.begin(key, this.#clock.now())) {
      return user.keySent("failed");
    }
    this.#user = user;
    this.#wait();
  }

  release(durationMs: number): void {
    this.#source.release(durationMs);
    this.#wait();
  }

  close(): void {
    this.#user = undefined;
    this.#source.stop();
    this.#clock.cancel(this.#timer);
  }

  onTimer(_name: string): void {
    const now = this.#clock.now();
    for (;;) {
      const length = this.#source.write(now, this.#buffer);
      if (length === 0) break;
      this.#out.sendPacket(this.#buffer, length);
    }
    this.#wait();
  }

  #wait(): void {
    const user = this.#user;
    if (user === undefined) return;
    this.#clock.cancel(this.#timer);
    const now = this.#clock.now();
    const dueMs = this.#source.dueMs;
    const freeMs = this.#source.endMs + this.#gapMs;
    if (dueMs === Infinity && freeMs <= now) {
      this.#user = undefined;
      user.keySent("sent");
      return;
    }
    const atMs = dueMs === Infinity ? freeMs : dueMs;
    this.#timer = this.#clock.schedule(atMs - now, this, "key packet");
  }
}

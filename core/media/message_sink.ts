import type { Key } from "./key.ts";
import type { KeySink, KeySinkUser, KeyToSend } from "./key_sink.ts";

/** Sends a key in a SIP message: INFO with a body, or a NOTIFY of KPML. */
export interface KeyMessageOut {
  /** Sends it, and calls `answered` once there is a final answer, or none will come. */
  sendKey(
    press: { readonly key: Key; readonly durationMs: number },
    answered: (isAccepted: boolean) => void,
  ): void;
}

/** What a sink of messages works with. */
export interface MessageSinkOptions {
  readonly kind: "info" | "info-dtmf" | "kpml";
  readonly out: KeyMessageOut;
}

/**
 * Keys as SIP messages: the next one waits for the answer to the last, so that a retransmission cannot change
 * their order, and a peer has one to answer at a time.
 */
export class MessageSink implements KeySink {
  readonly kind: "info" | "info-dtmf" | "kpml";
  /** A message says how long the key was, so it waits for its end. */
  readonly takesHeldKeys = false;
  readonly #out: KeyMessageOut;
  /** Names the message that is under way; an answer to another is nobody's. */
  #turn = 0;

  constructor({ kind, out }: MessageSinkOptions) {
    this.kind = kind;
    this.#out = out;
  }

  send({ key, durationMs }: KeyToSend, user: KeySinkUser): void {
    const turn = ++this.#turn;
    this.#out.sendKey({ key, durationMs: durationMs ?? 0 }, (isAccepted) => {
      if (turn !== this.#turn) return;
      this.#turn++;
      user.keySent(isAccepted ? "sent" : "failed");
    });
  }

  release(_durationMs: number): void {}

  close(): void {
    this.#turn++;
  }
}

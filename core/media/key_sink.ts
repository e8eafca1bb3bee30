/** How keys leave: what a leg must offer so that keys can be passed on to it. */

import type { Key, SendKind } from "./key.ts";

/** A key to be sent. */
export interface KeyToSend {
  readonly key: Key;
  /** Undefined: it is still down, and {@linkcode KeySink.release} follows. */
  readonly durationMs: number | undefined;
}

/** Told when a sink is free again. */
export interface KeySinkUser {
  /** The key has left, and the pause after it is over; or it could not be sent. */
  keySent(outcome: "sent" | "failed"): void;
}

/** Sends keys one at a time: INFO requests, RTP events, tones, KPML reports. */
export interface KeySink {
  readonly kind: SendKind;
  /** Whether a key may begin before it is known how long it will be. */
  readonly takesHeldKeys: boolean;
  /** Begins a key. The next one must wait for `user.keySent`, which may come before this returns. */
  send(key: KeyToSend, user: KeySinkUser): void;
  /** The held key that began is up again, after so long. */
  release(durationMs: number): void;
  /** Nothing more is sent, and no `keySent` comes: the leg is gone. */
  close(): void;
}

/** The RTP stream that event packets and tones join: the relay's own outgoing stream, or one of theirs. */
export interface OutgoingStream {
  readonly ssrc: number;
  /** The sequence number of the next packet; each call takes one. */
  nextSequence(): number;
  /** What the stream's timestamp is at this moment, in units of its clock. */
  timestampAt(nowMs: number): number;
}

/** Writes the packets of keys when they are due, into a buffer of the caller: no allocation per packet. */
export interface KeySource {
  /** While true, the stream is theirs: audio that is relayed must wait, or be dropped. */
  readonly busy: boolean;
  /** When the next packet is due; Infinity: none is. */
  readonly dueMs: number;
  /** Writes one packet that is due, and returns its length; 0 when none is due yet. Call it until it returns 0. */
  write(nowMs: number, out: Uint8Array): number;
  /** When the last key was up, or will be; Infinity: it is held. */
  readonly endMs: number;
  /** Begins a key now; false where it has no such key: flash has no tone. */
  begin(key: KeyToSend, nowMs: number): boolean;
  /** The key that was begun without a length is as long as this. */
  release(durationMs: number): void;
  /** Nothing more is due. */
  stop(): void;
}

/**
 * What workers say to each other about connections, as bytes on a stream between two of them: length (4 bytes, without
 * itself), kind (1), flow (4), number (4), then what the kind has.
 *
 * @module
 */

import type { Address } from "./address.ts";

/** One frame. `id` is a connection of the worker that opened the link. */
export type LinkFrame =
  /** The first on a link: who opened it, and the secret that workers alone know. */
  | { readonly kind: "hello"; readonly id: number; readonly bytes: Uint8Array }
  /** A connection, before the first message that came on it. */
  | {
    readonly kind: "flow";
    readonly id: number;
    readonly listener: number;
    /** Whether the peer has made the connection, and not we. */
    readonly isAccepted: boolean;
    readonly remote: Address;
    readonly local: Address;
  }
  /** A message that came on it. */
  | {
    readonly kind: "message";
    readonly id: number;
    readonly bytes: Uint8Array;
  }
  | { readonly kind: "half_closed"; readonly id: number }
  | { readonly kind: "closed"; readonly id: number; readonly reason: string }
  /** The way back: bytes to be written to it. Who wants to hear the outcome gives a number that is not 0. */
  | {
    readonly kind: "send";
    readonly id: number;
    readonly number: number;
    readonly bytes: Uint8Array;
  }
  /** What was sent with that number has left, or why not. */
  | {
    readonly kind: "outcome";
    readonly number: number;
    readonly reason: string | undefined;
  };

/** The longest frame that is taken, its length apart. */
export const MOST_FRAME_BYTES = 1_048_576;
/** Bytes of a frame before what its kind has, its length included. */
export const FRAME_HEAD_BYTES = 13;

const LENGTH_BYTES = 4;
const KINDS = [
  "hello",
  "flow",
  "message",
  "half_closed",
  "closed",
  "send",
  "outcome",
] as const satisfies readonly LinkFrame["kind"][];
const NOTHING = new Uint8Array(0);

/** A frame as it goes on the stream. */
export function encodeFrame(frame: LinkFrame): Uint8Array<ArrayBuffer> {
  const rest = restOf(frame);
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + rest.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - LENGTH_BYTES);
  view.setUint8(4, KINDS.indexOf(frame.kind));
  view.setUint32(5, frame.kind === "outcome" ? 0 : frame.id);
  view.setUint32(9, numberOf(frame));
  bytes.set(rest, FRAME_HEAD_BYTES);
  return bytes;
}

/** The frame in bytes without their length; undefined when there is none. Its bytes lie in those given. */
export function decodeFrame(bytes: Uint8Array): LinkFrame | undefined {
  if (bytes.length < FRAME_HEAD_BYTES - LENGTH_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const kind = KINDS[bytes[0]!];
  if (kind === undefined) return undefined;
  const id = view.getUint32(1);
  const number = view.getUint32(5);
  const rest = bytes.subarray(FRAME_HEAD_BYTES - LENGTH_BYTES);
  switch (kind) {
    case "hello":
    case "message":
      return { kind, id, bytes: rest };
    case "half_closed":
      return { kind, id };
    case "closed":
      return { kind, id, reason: text(rest) };
    case "send":
      return { kind, id, number, bytes: rest };
    case "outcome":
      return { kind, number, reason: text(rest) || undefined };
    case "flow":
      return flowFrame(id, number, rest);
  }
}

/** Cuts a stream into frames. */
export class FrameReader {
  /** The longest frame that is taken now. */
  most = MOST_FRAME_BYTES;
  #held = NOTHING;

  /** Gives each whole frame to `take`, whose bytes are good during the call only. False: what came is no such stream. */
  push(
    chunk: Uint8Array,
    take: (frame: LinkFrame) => boolean,
  ): boolean {
    const data = this.#held.length === 0 ? chunk : joined(this.#held, chunk);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let at = 0;
    while (data.length - at >= LENGTH_BYTES) {
      const length = view.getUint32(at);
      if (length > this.most) return false;
      const end = at + LENGTH_BYTES + length;
      if (end > data.length) break;
      const frame = decodeFrame(data.subarray(at + LENGTH_BYTES, end));
      if (frame === undefined || !take(frame)) return false;
      at = end;
    }
    this.#held = data.slice(at);
    return true;
  }
}

function restOf(frame: LinkFrame): Uint8Array {
  switch (frame.kind) {
    case "hello":
    case "message":
    case "send":
      return frame.bytes;
    case "half_closed":
      return NOTHING;
    case "closed":
      return new TextEncoder().encode(frame.reason);
    case "outcome":
      return new TextEncoder().encode(frame.reason ?? "");
    case "flow": {
      const { remote, local } = frame;
      const words = [remote.host, remote.port, local.host, local.port];
      return new TextEncoder().encode(words.join(" "));
    }
  }
}

function numberOf(frame: LinkFrame): number {
  switch (frame.kind) {
    case "send":
    case "outcome":
      return frame.number;
    case "flow":
      return 2 * frame.listener + (frame.isAccepted ? 1 : 0);
    case "hello":
    case "message":
    case "half_closed":
    case "closed":
      return 0;
  }
}

function flowFrame(
  id: number,
  number: number,
  rest: Uint8Array,
): LinkFrame | undefined {
  const [host = "", port, localHost = "", localPort] = text(rest).split(" ");
  if (host === "" || localHost === "") return undefined;
  return {
    kind: "flow",
    id,
    listener: number >>> 1,
    isAccepted: number % 2 === 1,
    remote: { host, port: Number(port) },
    local: { host: localHost, port: Number(localPort) },
  };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function joined(
  first: Uint8Array,
  second: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

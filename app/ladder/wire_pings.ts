/**
 * Keep-alives that are no SIP, as lines of a ladder speak of them: `CRLF`, `STUN`, `NUL`, and what answers them,
 * `200 CRLF`, `200 STUN`, `420 STUN`.
 *
 * @module
 */

import { toBytes } from "../../core/message/bytes.ts";
import { Headers } from "../../core/message/headers.ts";
import {
  type SipMessage,
  SipRequest,
  SipResponse,
} from "../../core/message/message.ts";
import { wireKeepAlive } from "../../core/transport/keep_alive.ts";
import { decodeStun } from "../../core/transport/stun.ts";
import type { Label, Ladder } from "./ladder.ts";

/** What a peer can be told to send; `STUN` is made anew each time. */
const PINGS: ReadonlyMap<string, Uint8Array | undefined> = new Map([
  ["CRLF", toBytes("\r\n\r\n")],
  ["STUN", undefined],
  ["NUL", toBytes("\0\0\0\0")],
  ["KEEP-ALIVE", toBytes("keep-alive\r\n")],
]);

/** Whether a line is about a keep-alive that is no SIP. */
export function isPing(label: Label): boolean {
  return label.method !== undefined && PINGS.has(label.method);
}

/** Whether a ladder has such lines: in all others pings pass unseen. */
export function hasPings(ladder: Ladder): boolean {
  return ladder.steps.some((step) =>
    step.kind === "message" && isPing(step.label)
  );
}

/** The bytes of a ping; undefined for `STUN`. */
export function pingBytes(method: string): Uint8Array | undefined {
  return PINGS.get(method);
}

/** A datagram, or what was written to a stream between messages, in the shape of a message; undefined for no ping. */
export function pingMessage(
  bytes: Uint8Array,
  { datagram }: { datagram: boolean },
): SipMessage | undefined {
  if (!datagram) return bytes.length > 2 ? request("CRLF") : response("CRLF");
  const kind = wireKeepAlive(bytes);
  if (kind === undefined) return undefined;
  const stun = kind === "stun" ? decodeStun(bytes) : undefined;
  if (stun?.kind === "success") return response("STUN");
  if (stun?.kind === "error") return response("STUN", 420);
  return request(kind.toUpperCase());
}

function request(method: string): SipMessage {
  return new SipRequest(method, "", new Headers());
}

function response(method: string, status = 200): SipMessage {
  const headers = new Headers().append("CSeq", `1 ${method}`);
  return new SipResponse(status, "", headers);
}

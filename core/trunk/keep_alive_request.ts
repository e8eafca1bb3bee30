/** What keep-alives look like: the requests, and the few bytes that are no SIP. */

import type { Random } from "../base/random.ts";
import { toBytes } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import { SipRequest } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type { Flow } from "../transport/flow.ts";
import { encodeStun, stunId } from "../transport/stun.ts";
import type { KeepAlivePlan } from "./keep_alive_settings.ts";

/** What one keep-alive is made of. */
export interface KeepAliveParts {
  readonly plan: KeepAlivePlan;
  /** The server's URI. */
  readonly uri: SipUri;
  readonly flow: Flow;
  /** Our Contact for the flow. */
  readonly contact: string;
  readonly random: Random;
}

/** The request of a kind that is one, without Via; undefined for the others. */
export function keepAliveRequest(
  parts: KeepAliveParts,
): SipRequest | undefined {
  const { kind, custom } = parts.plan;
  switch (kind) {
    case "options":
      // §11.1: "An Accept header field SHOULD be included to indicate the type of message body the UAC wishes to receive in
      // the response."
      return request("OPTIONS", ["Accept", "application/sdp"], parts);
    case "notify":
      return request("NOTIFY", ["Event", "keep-alive"], parts);
    case "custom": {
      // As OBi devices have it: a NOTIFY without an event of its own is of the event keep-alive.
      const { method, event = method === "NOTIFY" ? "keep-alive" : undefined } =
        custom;
      return request(
        method,
        event === undefined ? [] : ["Event", event],
        parts,
      );
    }
    case "crlf":
    case "stun":
    case "keep-alive":
    case "empty":
      return undefined;
  }
}

/** The bytes of a kind that is no SIP; undefined where that kind may not be sent on the flow. */
export function keepAliveBytes(
  kind: KeepAlivePlan["kind"],
  { flow, random }: Pick<KeepAliveParts, "flow" | "random">,
): Uint8Array<ArrayBuffer> | undefined {
  switch (kind) {
    case "crlf":
      // RFC 5626 §3.5.1: "the client sends a double CRLF (the "ping")".
      return toBytes("\r\n\r\n");
    case "empty":
      return toBytes("\r\n");
    case "keep-alive":
      // On a stream it would be the start of a message.
      return flow.reliable ? undefined : toBytes("keep-alive\r\n");
    case "stun":
      // RFC 5626 §3.5.2: STUN keep-alives are for connectionless transports, CRLF for the others.
      return flow.reliable ? undefined : bindingRequest(random);
    case "options":
    case "notify":
    case "custom":
      return undefined;
  }
}

function bindingRequest(random: Random): Uint8Array<ArrayBuffer> {
  const id = Uint8Array.from({ length: 12 }, () => random.fraction() * 256);
  return encodeStun({ kind: "request", id: stunId(id) });
}

function request(
  method: string,
  extra: readonly string[],
  { plan, uri, flow, contact, random }: KeepAliveParts,
): SipRequest {
  const { user } = plan.kind === "custom" ? plan.custom : { user: undefined };
  const target = (user === undefined ? uri : uri.with({ user }))
    .with({ headers: "" }).toString();
  const headers = new Headers();
  headers.append("Max-Forwards", "70");
  headers.append("From", `<sip:legwork@${flow.sentBy}>;tag=${random.token()}`);
  headers.append("To", `<${target}>`);
  headers.append("Call-ID", `${random.token()}@legwork`);
  headers.append("CSeq", `1 ${method}`);
  headers.append("Contact", contact);
  const [name, value] = extra;
  if (name !== undefined) headers.append(name, value ?? "");
  return new SipRequest(method, target, headers, new Uint8Array(0));
}

/** What hooks are handed, as core makes it, of messages made up for tests of scripts. */

import { InviteView } from "../../core/call/call_view.ts";
import type { Json } from "../../core/call/decisions.ts";
import { MessageDraft } from "../../core/call/message_draft.ts";
import type { CallView, LegView } from "../../core/call/policy.ts";
import { fromText, toBytes } from "../../core/message/bytes.ts";
import { Headers } from "../../core/message/headers.ts";
import { SipRequest, SipResponse } from "../../core/message/message.ts";

const ALL_RIGHTS = { uri: true, parties: true };
const URI = "sip:bob@example.com";

/** A message that may be edited in all its parts. */
export class FakeMessage extends MessageDraft {
  constructor(
    method = "INVITE",
    status = 0,
    more: { headers?: [string, string][]; body?: string } = {},
  ) {
    const headers = headersOf(method, [
      ["User-Agent", "phone/1.0"],
      ["P-Asserted-Identity", "<sip:alice@a.example>"],
      ["X-Note", "one"],
      ["X-Note", "two"],
      ...more.headers ?? [],
    ]);
    const body = toBytes(fromText(more.body ?? ""));
    super(
      status === 0
        ? new SipRequest(method, URI, headers, body)
        : new SipResponse(status, "OK", headers, body),
      ALL_RIGHTS,
    );
  }
}

/** A call of Alice to Bob. */
export function fakeCall(options: {
  user?: string;
  called?: string;
  headers?: [string, string][];
  body?: string;
  vars?: Record<string, Json>;
} = {}): CallView {
  const invite = new SipRequest(
    "INVITE",
    `sip:${options.called ?? "bob"}@b.example`,
    headersOf("INVITE", [
      ["User-Agent", "phone/1.0"],
      ...options.headers ?? [],
    ], options.user),
    toBytes(options.body ?? "v=0\r\n"),
  );
  const call = new InviteView({ id: "call-1" }, invite, {
    trunk: "carrier",
    source: "udp:192.0.2.1:5060",
  });
  return Object.assign(call, { vars: options.vars ?? {} });
}

export function fakeLeg(call: CallView | undefined = fakeCall()): LegView {
  return { name: "a", trunk: "carrier", peer: "udp:192.0.2.1:5060", call };
}

function headersOf(
  method: string,
  more: readonly [string, string][],
  user = "alice",
): Headers {
  const headers = new Headers()
    .append("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
    .append("From", `Alice <sip:${user}@a.example>;tag=t1`)
    .append("To", "<sip:bob@b.example>;tag=t1")
    .append("Call-ID", "1@a.example")
    .append("CSeq", `1 ${method}`);
  for (const [name, value] of more) headers.append(name, value);
  return headers;
}

import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { InviteView } from "../../../core/call/call_view.ts";
import { KeptInvite } from "../../../core/call/kept_invite.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import type { SipRequest } from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { serialize } from "../../../core/message/serialize.ts";

/** With all that would be lost by writing it anew: folds, compact names, odd spaces, bytes that are no UTF-8. */
const TEXT = [
  "INVITE sip:+49301234@legwork.example;user=phone SIP/2.0",
  "v:SIP/2.0/UDP  192.0.2.11;branch=z9hG4bK1",
  'From : "A \xe4" <sip:a@example.com>;tag=1',
  "t: <sip:+49301234@legwork.example>",
  "i: 1@example.com",
  "CSeq:  1   INVITE",
  "Subject: one,",
  "  two",
  "\tthree",
  "X-Empty:",
  "c: application/sdp",
  "l: 5",
  "",
  "v=0\r\n",
].join("\r\n");

Deno.test("what is read of a packed INVITE is what came, byte for byte", () => {
  const kept = new KeptInvite(parsed(TEXT));
  kept.pack();
  kept.pack();
  assertEquals(serialize(kept.request), toBytes(TEXT));
  assertEquals(kept.request.from?.tag, "1");
});

Deno.test("an INVITE that was within larger limits is whole when it is read", () => {
  const long = `X-Long: ${"x".repeat(2 * DEFAULT_LIMITS.headerLineBytes)}\r\n`;
  const many = "X-Many: 1\r\n".repeat(2 * DEFAULT_LIMITS.headerLines);
  const text = TEXT.replace("X-Empty", `${long}${many}$&`);
  const kept = new KeptInvite(parsed(text));
  kept.pack();
  assertEquals(serialize(kept.request), toBytes(text));
});

Deno.test("of an INVITE that nobody will ask for nothing is kept, packed or not", () => {
  const kept = new KeptInvite(parsed(TEXT));
  kept.forget();
  kept.pack();
  assertEquals(kept.request.headers.lines.length, 0);
  kept.replace(parsed(TEXT));
  assertEquals(serialize(kept.request), toBytes(TEXT));
});

Deno.test("notes are gone when inbound hooks made another INVITE of it", () => {
  const view = new InviteView({ id: "1" }, parsed(TEXT), {
    trunk: undefined,
    source: "udp:192.0.2.11:5060",
  });
  view.vars["known"] = true;
  view.replace(parsed(TEXT.replace("one,", "three,")));
  assertEquals(view.vars, {});
  assertEquals(view.headers.get("Subject"), "three, two three");
  view.vars = { other: 1 };
  assertEquals(view.vars, { other: 1 });
});

Deno.test("the view of a call says the same once its INVITE is packed", () => {
  const view = new InviteView({ id: "1" }, parsed(TEXT), {
    trunk: undefined,
    source: "udp:192.0.2.11:5060",
  });
  view.vars["known"] = true;
  const before = seen(view);
  view.pack();
  assertEquals(seen(view), before);
});

function seen(view: InviteView): unknown {
  return {
    vars: view.vars,
    user: view.to.user,
    subject: view.headers.get("Subject"),
    body: view.body,
    type: view.contentType,
    uri: view.uri.toString(),
  };
}

function parsed(text: string): SipRequest {
  const result = parseMessage(toBytes(text), {
    ...DEFAULT_LIMITS,
    headerLines: Infinity,
    headerLineBytes: Infinity,
    messageBytes: Infinity,
  });
  if (!result.ok || result.message.kind !== "request") {
    throw new TypeError("an INVITE");
  }
  return result.message;
}

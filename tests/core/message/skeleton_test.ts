import { assertEquals } from "@std/assert";
import { HeaderLine, Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";
import { restored, skeletonOf } from "../../../core/message/skeleton.ts";

/** An INVITE with these lines. */
function invite(uri: string, lines: readonly [string, string][]): SipRequest {
  const headers = new Headers();
  for (const [key, raw] of lines) headers.add(new HeaderLine(key, raw));
  return new SipRequest("INVITE", uri, headers);
}

Deno.test("skeleton: what a request is known by comes back as it was, folds and spellings too", () => {
  const request = invite("sip:bob@192.0.2.9", [
    ["via", "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n ;rport"],
    ["via", "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2"],
    ["max-forwards", "Max-Forwards: 70"],
    ["from", 'FROM :\t"A: B" <sip:a@192.0.2.1>;tag=a\n\t;x=y'],
    ["to", "To: <sip:bob@192.0.2.9>"],
    ["call-id", "i:1"],
    ["cseq", "CSeq: 7 INVITE"],
  ]);
  const back = restored("INVITE", skeletonOf(request));
  assertEquals([back.method, back.uri], ["INVITE", request.uri]);
  const kept = request.headers.lines.filter((line) =>
    line.key !== "max-forwards"
  );
  assertEquals(
    back.headers.lines.map(({ key, raw, value }) => [key, raw, value]),
    kept.map(({ key, raw, value }) => [key, raw, value]),
  );
  assertEquals([back.from?.tag, back.cseq?.number], ["a", 7]);
});

Deno.test("skeleton: a request that does not parse again comes back all the same", () => {
  // No URI, no header field of these would pass for one that is received.
  const request = invite("sip:bob smith@<192.0.2.9>\r\nX: y", [
    ["via", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"],
    ["from", "From: \0stray\rCR"],
    ["call-id", "Call-ID: 1"],
  ]);
  const back = restored("A B", skeletonOf(request));
  assertEquals(
    [back.method, back.uri],
    ["A B", "sip:bob smith@<192.0.2.9>  X: y"],
  );
  assertEquals(
    back.headers.lines.map(({ raw }) => raw),
    request.headers.lines.map(({ raw }) => raw),
  );
  assertEquals([back.to, back.cseq], [undefined, undefined]);
});

import { assertEquals } from "@std/assert";
import { toBytes } from "../../../core/message/bytes.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";
import { fromBytes } from "../../../core/message/bytes.ts";
import type { SdpBody } from "../../../core/dialog/session_sdp.ts";
import { localAnswer } from "../../../core/call/local_answer.ts";
import { updateKind } from "../../../core/call/update_kind.ts";

const CONTACT = "sip:alice@192.0.2.1";

function sdp(...media: string[]): string {
  return [
    "v=0",
    "o=alice 1 7 IN IP4 192.0.2.1",
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    ...media,
    "",
  ].join("\r\n");
}

const AUDIO = ["m=audio 4000 RTP/AVP 0 8", "a=ptime:20"];
const BEFORE = sdp(...AUDIO);

function body(text: string): SdpBody {
  return { contentType: "application/sdp", body: toBytes(text) };
}

function kind(
  offer: string,
  { method = "INVITE", contact = CONTACT, before = BEFORE } = {},
): string {
  const headers = new Headers()
    .append("Contact", `<${contact}>`)
    .append("Content-Type", "application/sdp");
  const request = new SipRequest(
    method,
    "sip:bob@b.example",
    headers,
    toBytes(offer),
  );
  return updateKind(request, { contact: CONTACT, remote: body(before) });
}

Deno.test("an update is named by what it changes", () => {
  const held = sdp(...AUDIO, "a=sendonly");
  const cases: [found: string, wanted: string][] = [
    [kind(BEFORE), "refresh"],
    [kind(BEFORE.replace("1 7", "1 8")), "refresh"],
    [kind(sdp(...AUDIO, "a=sendrecv")), "refresh"],
    [kind(held), "hold"],
    [kind(sdp(...AUDIO, "a=inactive")), "hold"],
    [kind(held, { before: held }), "refresh"],
    [kind(BEFORE, { before: held }), "resume"],
    // RFC 2543's way of holding, still seen.
    [kind(BEFORE.replace("c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0")), "hold"],
    [kind(BEFORE.replace("0 8", "8")), "codec"],
    [kind(sdp(...AUDIO, "m=video 5000 RTP/AVP 31")), "codec"],
    [kind(sdp("m=audio 0 RTP/AVP 0 8", "a=ptime:20")), "codec"],
    [kind(BEFORE.replace("4000", "4002")), "target"],
    [
      kind(BEFORE.replace("c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.7")),
      "target",
    ],
    [kind(BEFORE, { contact: "sip:alice@192.0.2.7" }), "target"],
    [kind("", { contact: "sip:alice@192.0.2.7" }), "target"],
    [kind(""), "offer"],
    [kind("", { method: "UPDATE" }), "refresh"],
  ];
  for (const [at, [found, wanted]] of cases.entries()) {
    assertEquals(found, wanted, `case ${at}`);
  }
});

function answered(offer: string, other?: string, local = BEFORE): string[] {
  const answer = localAnswer(body(offer), {
    local: body(local),
    other: other === undefined ? undefined : body(other),
  });
  return answer === undefined
    ? ["none"]
    : fromBytes(answer.body).split("\r\n").filter((line) =>
      /^[oma]=/.test(line)
    );
}

Deno.test("an offer is answered with the direction that both sides leave", () => {
  const direction = (offer: string, other?: string): string | undefined =>
    answered(sdp(...AUDIO, `a=${offer}`), other && sdp(...AUDIO, `a=${other}`))
      .find((line) => /^a=(send|recv|inactive)/.test(line));
  // RFC 3264 §6.1: "If a stream is offered as sendonly, the corresponding stream MUST be marked as recvonly or inactive
  // in the answer."
  assertEquals(direction("sendonly"), "a=recvonly");
  assertEquals(direction("recvonly"), "a=sendonly");
  assertEquals(direction("inactive"), "a=inactive");
  assertEquals(direction("sendonly", "sendonly"), "a=inactive");
  assertEquals(direction("sendrecv", "sendonly"), "a=sendonly");
  assertEquals(direction("sendrecv", "recvonly"), "a=recvonly");
});

Deno.test("the answer that changes nothing is what we said, another counts its version up", () => {
  // RFC 3264 §8: "If the version in the origin line does not increment, the SDP MUST be identical to the SDP with that
  // version number."
  assertEquals(answered(BEFORE), [
    "o=alice 1 7 IN IP4 192.0.2.1",
    ...AUDIO,
  ]);
  assertEquals(answered(sdp(...AUDIO, "a=sendonly")), [
    "o=alice 1 8 IN IP4 192.0.2.1",
    ...AUDIO,
    "a=recvonly",
  ]);
});

Deno.test("an offer of other media has no answer here", () => {
  assertEquals(answered(sdp(...AUDIO, "m=video 5000 RTP/AVP 31")), ["none"]);
  assertEquals(answered(BEFORE.replace("0 8", "9")), ["none"]);
  assertEquals(answered(BEFORE.replace("audio", "image")), ["none"]);
  assertEquals(
    answered(BEFORE, undefined, BEFORE.replace("4000", "0")),
    ["none"],
  );
  // §8.2: "A stream that is offered with a port of zero MUST be marked with port zero in the answer."
  assertEquals(
    answered(BEFORE.replace("4000", "0"))[1],
    "m=audio 0 RTP/AVP 0 8",
  );
});

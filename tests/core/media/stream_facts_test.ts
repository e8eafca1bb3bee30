import { assertEquals } from "@std/assert";
import {
  isHeld,
  type StreamFacts,
  streamFacts,
} from "../../../core/media/stream_facts.ts";
import { audio, parsed, sdp } from "./sdp_texts.ts";

function factsOf(text: string): StreamFacts {
  return streamFacts(parsed(text))[0]!;
}

Deno.test("a stream is where its own line says, else the session's", () => {
  const facts = factsOf(audio({}));
  assertEquals(facts.rtp, { host: "192.0.2.1", port: 4000 });
  assertEquals(facts.rtcp, { host: "192.0.2.1", port: 4001 });
  assertEquals(facts.transport, "rtp");
  assertEquals(facts.clockRates.get(101), 8000);
  const own = factsOf(
    sdp(
      "v=0",
      "c=IN IP4 192.0.2.1",
      "m=audio 4000 RTP/AVP 9",
      "c=IN IP4 192.0.2.2",
    ),
  );
  assertEquals(own.rtp, { host: "192.0.2.2", port: 4000 });
});

Deno.test("RTCP is at a=rtcp (RFC 3605), or with RTP (RFC 5761)", () => {
  assertEquals(factsOf(audio({}, "rtcp:4777")).rtcp?.port, 4777);
  assertEquals(factsOf(audio({}, "rtcp:4777 IN IP4 192.0.2.5")).rtcp, {
    host: "192.0.2.5",
    port: 4777,
  });
  assertEquals(factsOf(audio({}, "rtcp:4777", "rtcp-mux")).rtcp?.port, 4000);
});

Deno.test("what holds a stream, and what does not", () => {
  assertEquals(isHeld(factsOf(audio({}))), false);
  assertEquals(isHeld(factsOf(audio({}, "sendonly"))), true);
  assertEquals(isHeld(factsOf(audio({}, "inactive"))), true);
  assertEquals(isHeld(factsOf(audio({}, "recvonly"))), false);
  assertEquals(isHeld(factsOf(audio({ host: "0.0.0.0" }))), true);
  // RFC 3264 §6: a port of zero refuses the stream: it is not held, it is not there.
  assertEquals(isHeld(factsOf(audio({ port: 0 }, "inactive"))), false);
  assertEquals(factsOf(audio({ port: 0 })).refused, true);
  assertEquals(factsOf(audio({ port: 0 })).rtp, undefined);
});

Deno.test("what a relay may look into", () => {
  for (
    const [line, transport] of [
      ["m=audio 4000 RTP/AVP 0", "rtp"],
      ["m=audio 4000 RTP/AVPF 0", "rtp"],
      ["m=audio 4000 RTP/SAVP 0", "datagrams"],
      ["m=audio 4000 UDP/TLS/RTP/SAVPF 0", "datagrams"],
      ["m=image 4000 udptl t38", "datagrams"],
      ["m=application 4000 UDP/BFCP *", "datagrams"],
      ["m=message 4000 TCP/MSRP *", "other"],
      ["m=image 4000 TCP t38", "other"],
      // Malformed: not to be edited.
      ["m=audio 4000 RTP/AVP", "other"],
      ["m=", "other"],
    ] as const
  ) {
    const facts = factsOf(sdp("v=0", "c=IN IP4 192.0.2.1", line));
    assertEquals(facts.transport, transport, line);
  }
});

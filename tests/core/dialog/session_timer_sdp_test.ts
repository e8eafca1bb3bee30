import { assertEquals } from "@std/assert";
import {
  sameMedia,
  sdpOf,
  SessionSdp,
} from "../../../core/dialog/session_sdp.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import { SipRequest } from "../../../core/message/message.ts";
import { headersOf } from "./session_timer_bed.ts";

const SDP = [
  "v=0",
  "o=b 1 1 IN IP4 192.0.2.2",
  "s=-",
  "c=IN IP4 192.0.2.2",
  "t=0 0",
  "m=audio 4000 RTP/AVP 0",
  "a=sendrecv",
  "",
];

function body(lines: readonly string[], end = "\r\n"): Uint8Array {
  return toBytes(lines.join(end));
}

function request(
  method: string,
  content?: Uint8Array,
  type = "application/sdp",
): SipRequest {
  const headers = headersOf(content ? [`Content-Type: ${type}`] : []);
  return new SipRequest(method, "sip:a@192.0.2.1", headers, content);
}

/** A session whose peer last sent {@linkcode SDP}. */
function session(): SessionSdp {
  const sdp = new SessionSdp();
  sdp.local = { contentType: "application/sdp", body: body(["v=0"]) };
  sdp.remote = { contentType: "application/sdp", body: body(SDP) };
  return sdp;
}

function changed(from: string, to: string): Uint8Array {
  return body(SDP.map((line) => line === from ? to : line));
}

Deno.test("a refresh is a request without SDP, or with the SDP sent last", () => {
  const sdp = session();
  assertEquals(sdp.isRefresh(request("UPDATE")), true);
  assertEquals(sdp.isRefresh(request("INVITE")), true);
  assertEquals(sdp.isRefresh(request("INVITE", body(SDP))), true);
  assertEquals(sdp.isRefresh(request("UPDATE", body(SDP))), true);
});

Deno.test("a version counted up, and other line ends, change no media", () => {
  const sdp = session();
  const counted = changed(
    "o=b 1 1 IN IP4 192.0.2.2",
    "o=b 1 2 IN IP4 192.0.2.2",
  );
  assertEquals(sdp.isRefresh(request("INVITE", counted)), true);
  assertEquals(sameMedia(body(SDP, "\n"), body(SDP)), true);
});

Deno.test("hold, a new address and another codec are changes", () => {
  const sdp = session();
  for (
    const [from, to] of [
      ["a=sendrecv", "a=sendonly"],
      ["c=IN IP4 192.0.2.2", "c=IN IP4 192.0.2.3"],
      ["m=audio 4000 RTP/AVP 0", "m=audio 4000 RTP/AVP 8"],
      ["a=sendrecv", ""],
    ] as const
  ) {
    assertEquals(sdp.isRefresh(request("INVITE", changed(from, to))), false);
  }
});

Deno.test("what is not known, or is no SDP, is no refresh", () => {
  const sdp = new SessionSdp();
  assertEquals(sdp.isRefresh(request("INVITE", body(SDP))), false);
  assertEquals(sdp.isRefresh(request("INVITE")), false);
  assertEquals(sdp.isRefresh(request("UPDATE")), true);
  const multipart = request("INVITE", body(SDP), "multipart/mixed");
  assertEquals(session().isRefresh(multipart), false);
});

Deno.test("SDP is known by its content type, parameters aside", () => {
  const content = body(SDP);
  assertEquals(
    sdpOf(request("INVITE", content, "Application/SDP ;charset=x"))?.body,
    content,
  );
  assertEquals(sdpOf(request("INFO", content, "text/plain")), undefined);
  assertEquals(sdpOf(request("INVITE")), undefined);
});

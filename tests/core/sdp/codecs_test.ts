import { assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  isNamed,
  payloadFormats,
  preferFormats,
  removeFormats,
} from "../../../core/sdp/codecs.ts";
import type { MediaDescription } from "../../../core/sdp/media_description.ts";
import { SessionDescription } from "../../../core/sdp/session_description.ts";
import { OFFER, scrambled } from "./samples.ts";

function media(text = OFFER): MediaDescription[] {
  return [...SessionDescription.parse(text)!.media];
}

function names(medium: MediaDescription): string[] {
  return payloadFormats(medium).map((format) => format.name);
}

function remove(medium: MediaDescription, ...unwanted: string[]): number {
  return removeFormats(
    medium,
    (format) => unwanted.some((name) => isNamed(format, name)),
  );
}

Deno.test("codecs are what rtpmap says, or RFC 3551", () => {
  const [audio, video] = media();
  assertEquals(names(audio!), [
    "G722",
    "PCMA",
    "PCMU",
    "G729",
    "telephone-event",
    "CN",
  ]);
  assertEquals(payloadFormats(audio!)[3], {
    payload: 18,
    name: "G729",
    clock: 8000,
    channels: 1,
    fmtp: "annexb=no",
  });
  assertEquals(names(video!), ["H264", "rtx"]);
  const [stereo] = media(
    "v=0\r\nm=audio 1 UDP/TLS/RTP/SAVPF 111 99\r\na=rtpmap:111 opus/48000/2\r\n",
  );
  assertEquals(payloadFormats(stereo!), [
    { payload: 111, name: "opus", clock: 48000, channels: 2, fmtp: "" },
    { payload: 99, name: "", clock: 0, channels: 1, fmtp: "" },
  ]);
  const [image] = media("v=0\r\nm=image 1 udptl t38\r\n");
  assertEquals(payloadFormats(image!), []);
  assertEquals(remove(image!, "t38"), 0);
});

Deno.test("a codec goes with its attributes and nothing else", () => {
  const [audio] = media();
  assertEquals(remove(audio!, "g729", "telephone-event"), 2);
  assertEquals(
    String(audio),
    [
      "m=audio 40000 RTP/AVP 9 8 0 13",
      "a=rtpmap:9 G722/8000",
      "a=ptime:20",
      "a=sendonly",
      "",
    ].join("\r\n"),
  );
  assertEquals(remove(audio!, "opus"), 0);
});

Deno.test("what repairs a codec goes with it", () => {
  const [, video] = media(
    OFFER.replace("AVP 96 97", "AVP 96 97 98") + "a=rtpmap:98 VP8/90000\r\n",
  );
  // RFC 4588 §8.1: apt names the payload type that is repaired.
  assertEquals(remove(video!, "H264"), 2);
  assertEquals(video!.formats, ["98"]);
  assertEquals(video!.attribute("rtcp-fb"), undefined);
});

Deno.test("a medium left without codecs is disabled, since its line has one format at least", () => {
  const [audio] = media();
  assertEquals(remove(audio!, "G722", "PCMA", "PCMU", "G729"), 4);
  // RFC 3264 §6: "To reject an offered stream, the port number in the corresponding stream in the answer MUST be set to zero."
  assertEquals(audio!.port, 0);
  assertEquals(audio!.formats, ["9", "8", "0", "18", "101", "13"]);
});

Deno.test("preferred codecs come first, the others keep their order", () => {
  const [audio] = media();
  assertEquals(preferFormats(audio!, ["PCMU", "pcma/8000", "opus"]), true);
  assertEquals(audio!.formats, ["0", "8", "9", "18", "101", "13"]);
  assertEquals(preferFormats(audio!, ["PCMU"]), false);
});

Deno.test("whatever came, codecs are read and removed without a throw", () => {
  const random = seededRandom(3551);
  for (let i = 0; i < 1_000; i++) {
    for (const medium of media(scrambled(random))) {
      const before = medium.formats.length;
      if (before === 0) continue;
      removeFormats(medium, () => random.fraction() < 0.5);
      preferFormats(medium, ["telephone-event", "PCMA"]);
      assertEquals(medium.formats.length > 0, true);
      assertEquals(medium.formats.length <= before, true);
    }
  }
});

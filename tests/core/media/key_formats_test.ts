import { assertEquals } from "@std/assert";
import { PCMA, PCMU } from "../../../core/media/g711.ts";
import {
  heardMedia,
  type KeyStream,
  sentMedia,
} from "../../../core/media/key_formats.ts";
import { DTMF_EVENTS } from "../../../core/media/telephone_event.ts";
import { parsed, sdp } from "./sdp_texts.ts";

function stream(formats: string, ...attributes: string[]) {
  return parsed(sdp(
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.1",
    "s=-",
    "c=IN IP4 192.0.2.1",
    "t=0 0",
    `m=audio 4000 RTP/AVP ${formats}`,
    ...attributes.map((attribute) => `a=${attribute}`),
  )).media[0]!;
}

const PLAIN = stream("0 8 101", "rtpmap:101 telephone-event/8000");

Deno.test("events and laws by the numbers of each side", () => {
  const both: KeyStream = {
    theirs: stream(
      "8 96",
      "rtpmap:96 telephone-event/8000",
      "fmtp:96 0-11,16",
      "ptime:30",
    ),
    ours: PLAIN,
  };
  assertEquals(heardMedia(both), {
    formats: [{ payloadType: 101, clockRate: 8000 }],
    laws: [PCMU, PCMA],
  });
  assertEquals(sentMedia(both), {
    law: PCMA,
    events: {
      payloadType: 96,
      clockRate: 8000,
      stepMs: 30,
      events: new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16]),
    },
  });
});

Deno.test("linphone: events of three clocks, all heard, the audio's sent", () => {
  const theirs = stream(
    "96 0 97 98 99",
    "rtpmap:96 opus/48000/2",
    "rtpmap:97 telephone-event/48000",
    "rtpmap:98 telephone-event/16000",
    "rtpmap:99 telephone-event/8000",
  );
  const pcmu = {
    theirs,
    ours: stream(
      "0 98 99",
      "rtpmap:98 telephone-event/16000",
      "rtpmap:99 TELEPHONE-EVENT/8000",
    ),
  };
  assertEquals(heardMedia(pcmu).formats, [
    { payloadType: 98, clockRate: 16_000 },
    { payloadType: 99, clockRate: 8000 },
  ]);
  const { events, law } = sentMedia(pcmu);
  assertEquals([events?.payloadType, events?.clockRate], [99, 8000]);
  // RFC 4733 §2.5.1.1: without a list, events 0 to 15.
  assertEquals([events?.events, events?.stepMs], [DTMF_EVENTS, 20]);
  assertEquals(law, PCMU);

  const opus = sentMedia({ theirs, ours: theirs });
  assertEquals([opus.events?.payloadType, opus.law], [97, undefined]);
  const only16 = sentMedia({
    theirs: stream("0 98", "rtpmap:98 telephone-event/16000"),
    ours: theirs,
  });
  assertEquals(only16.events?.clockRate, 16_000);
});

Deno.test("a side without events, and one without G.711", () => {
  assertEquals(sentMedia({ theirs: stream("0"), ours: PLAIN }), { law: PCMU });
  assertEquals(sentMedia({ theirs: PLAIN, ours: stream("0") }), { law: PCMU });
  const g729 = stream("18");
  assertEquals(sentMedia({ theirs: g729, ours: g729 }), {});
  assertEquals(heardMedia({ theirs: g729, ours: g729 }), {
    formats: [],
    laws: [],
  });
});

Deno.test("a ptime that is none", () => {
  for (const ptime of ["ptime:", "ptime:x", "ptime"]) {
    const theirs = stream("0 101", "rtpmap:101 telephone-event/8000", ptime);
    assertEquals(sentMedia({ theirs, ours: PLAIN }).events?.stepMs, 20);
  }
});

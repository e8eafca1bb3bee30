import { assertEquals } from "@std/assert";
import {
  addEvents,
  eventPayloads,
  removeEvents,
  renumberFormat,
} from "../../../core/media/event_formats.ts";
import type { MediaDescription } from "../../../core/sdp/media_description.ts";
import { audio, parsed, sdp } from "./sdp_texts.ts";

function stream(...lines: string[]): MediaDescription {
  return parsed(sdp("v=0", ...lines)).media[0]!;
}

Deno.test("events are added at the clock of the first codec", () => {
  const media = stream("m=audio 4000 RTP/AVP 0 8", "a=ptime:20");
  assertEquals(addEvents(media), { payload: 101, clock: 8000 });
  assertEquals(
    String(media),
    sdp(
      "m=audio 4000 RTP/AVP 0 8 101",
      "a=ptime:20",
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-16",
    ),
  );
  const wide = stream("m=audio 4000 RTP/AVP 98", "a=rtpmap:98 opus/48000/2");
  assertEquals(addEvents(wide), { payload: 101, clock: 48000 });
});

Deno.test("events are added under the number the leg knows, or a free one", () => {
  const media = stream("m=audio 4000 RTP/AVP 0");
  assertEquals(addEvents(media, { wanted: 96 })?.payload, 96);
  const taken = stream("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 G726-32/8000");
  assertEquals(addEvents(taken)?.payload, 127);
});

Deno.test("nothing is added to what has events, is refused, or is no RTP", () => {
  const has = parsed(audio({})).media[0]!;
  const before = String(has);
  assertEquals(addEvents(has), undefined);
  assertEquals(String(has), before);
  assertEquals(addEvents(stream("m=audio 0 RTP/AVP 0")), undefined);
  assertEquals(addEvents(stream("m=image 4000 udptl t38")), undefined);
});

Deno.test("events of every clock are found, and taken out with their attributes", () => {
  const media = stream(
    "m=audio 4000 RTP/AVP 0 101 96",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=rtpmap:96 TELEPHONE-EVENT/48000",
    "a=sendrecv",
  );
  assertEquals(eventPayloads(media), [
    { payload: 101, clock: 8000, events: "0-15" },
    { payload: 96, clock: 48000, events: "" },
  ]);
  assertEquals(removeEvents(media), 2);
  assertEquals(String(media), sdp("m=audio 4000 RTP/AVP 0", "a=sendrecv"));
});

Deno.test("a payload type is renumbered in all that names it", () => {
  const media = parsed(audio({}, "rtcp-fb:101 nack")).media[0]!;
  assertEquals(renumberFormat(media, { from: 101, to: 96 }), true);
  assertEquals(media.formats, ["0", "8", "96"]);
  assertEquals(eventPayloads(media), [{
    payload: 96,
    clock: 8000,
    events: "0-15",
  }]);
  assertEquals(
    media.attributes().map(({ name, value }) => `${name}:${value}`),
    [
      "rtpmap:0 PCMU/8000",
      "rtpmap:96 telephone-event/8000",
      "fmtp:96 0-15",
      "rtcp-fb:96 nack",
    ],
  );
  assertEquals(renumberFormat(media, { from: 96, to: 8 }), false);
  assertEquals(renumberFormat(media, { from: 50, to: 51 }), false);
});

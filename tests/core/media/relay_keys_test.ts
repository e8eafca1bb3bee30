import { assertEquals } from "@std/assert";
import { DtmfTranslator } from "../../../core/media/dtmf_translator.ts";
import { PCMU } from "../../../core/media/g711.ts";
import type { HeardKind } from "../../../core/media/key.ts";
import type { Crossing } from "../../../core/media/media_anchor.ts";
import { RelayKeys } from "../../../core/media/relay_keys.ts";
import { eventPacket, KeyLog } from "./key_log.ts";
import { crossed, type Phone, portOf, RelayBed } from "./relay_bed.ts";
import { sdp } from "./sdp_texts.ts";
import { join, packets, silence, tone } from "./tones.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

function description(
  host: string,
  port: number,
  options: { events?: number; direction?: string; video?: boolean } = {},
): string {
  const { events, direction = "sendrecv", video = false } = options;
  return sdp(
    "v=0",
    `o=- 1 1 IN IP4 ${host}`,
    "s=-",
    `c=IN IP4 ${host}`,
    "t=0 0",
    ...(video
      ? [`m=video ${port + 2} RTP/AVP 96`, "a=rtpmap:96 VP8/90000"]
      : []),
    `m=audio ${port} RTP/AVP 0${events === undefined ? "" : ` ${events}`}`,
    ...(events === undefined
      ? []
      : [`a=rtpmap:${events} telephone-event/8000`, `a=fmtp:${events} 0-16`]),
    `a=${direction}`,
  );
}

/** A relayed call; its keys are heard on A and told to a translator towards B. */
function call(
  options: {
    receive?: HeardKind[];
    a?: Parameters<typeof description>[2];
    b?: Parameters<typeof description>[2];
  } = {},
) {
  const bed = new RelayBed();
  const [a, b] = [bed.phone(A, 4000), bed.phone(B, 5000)];
  const anchor = bed.begin();
  const { clock, observer } = bed;
  const { receive = ["rfc4733"] } = options;
  const keys = new RelayKeys({
    clock,
    observer,
    anchor,
    settings: () => ({ receive, gapMs: 50 }),
  });
  const cross = (
    received: string,
    how: { from: "a" | "b"; role: Crossing["role"]; target?: number },
  ): string => {
    const written = crossed(anchor, received, how);
    const { from } = how;
    if (how.role === "offer") keys.offered({ from, received, written });
    else keys.answered({ from, received, written });
    return written;
  };
  const heard: string[] = [];
  const translator = new DtmfTranslator({
    clock,
    observer,
    receive,
    onPress: ({ key, durationMs, kind }) => {
      heard.push(`${key} ${durationMs} ${kind}`);
    },
  });
  const offer = cross(description(A, 4000, options.a), {
    from: "a",
    role: "offer",
  });
  const answer = cross(description(B, 5000, options.b), {
    from: "b",
    role: "answer",
  });
  anchor.chosen(1);
  return {
    bed,
    a,
    b,
    keys,
    cross,
    translator,
    heard,
    toA: portOf(answer),
    toB: portOf(offer),
    end(): void {
      keys.close();
      translator.close();
      bed.end(anchor);
    },
  };
}

function press(phone: Phone, to: number, event: number): void {
  const timestamp = 160 * phone.sequence;
  for (let index = 0; index < 7; index++) {
    phone.send(
      eventPacket({
        event,
        duration: 160 * Math.min(index + 1, 5),
        end: index >= 4,
        payloadType: 101,
        sequence: phone.sequence++,
        timestamp,
        ssrc: phone.ssrc,
      }),
      to,
    );
  }
}

/** The payload types that a phone has heard, each once. */
function typesOf(phone: Phone): number[] {
  return [...new Set(phone.heard.map(({ bytes }) => bytes[1]! & 0x7f))];
}

Deno.test("keys of one side reach the other by its own number", () => {
  const world = call({ a: { events: 101 }, b: { events: 101 } });
  const { bed, a, b, keys, translator, heard, toA, toB } = world;
  keys.listen("a", translator);
  translator.attach(keys.sinks("b").slice(0, 1));
  b.speak(toB);
  press(a, toA, 5);
  bed.pass(500);
  assertEquals(heard, ["5 100 rfc4733"]);
  assertEquals(typesOf(b), [101]);
  assertEquals(b.heard.length, 7);
  world.end();
});

Deno.test("nobody listens: packets pass as they come", () => {
  const world = call({ a: { events: 101 }, b: { events: 101 } });
  press(world.a, world.toA, 5);
  world.bed.pass(500);
  assertEquals([world.b.heard.length, world.heard.length], [7, 0]);
  world.end();
});

Deno.test("kinds that the trunk is not set to pass as they come", () => {
  const world = call({
    a: { events: 101 },
    b: { events: 101 },
    receive: ["info"],
  });
  world.keys.listen("a", world.translator);
  press(world.a, world.toA, 5);
  world.bed.pass(500);
  assertEquals([world.b.heard.length, world.heard.length], [7, 0]);
  world.end();
});

Deno.test("a side without events has tones, and its tones are heard", () => {
  const world = call({ receive: ["inband"] });
  const { bed, a, b, keys, translator, heard, toA, toB } = world;
  keys.listen("a", translator);
  const sinks = keys.sinks("b");
  assertEquals(sinks.map(({ kind }) => kind), ["inband"]);
  b.speak(toB);
  const audio = join(silence(60), tone("8"), silence(200));
  for (const bytes of packets(audio, { law: PCMU })) {
    a.send(bytes, toA);
    bed.pass(20);
  }
  assertEquals(heard.length, 1);
  assertEquals(heard[0]?.startsWith("8 "), true);
  world.end();
});

Deno.test("the audio is the second stream", () => {
  const world = call({
    a: { events: 101, video: true },
    b: { events: 101, video: true },
  });
  const { keys, translator } = world;
  keys.listen("a", translator);
  assertEquals(keys.sinks("b").map(({ kind }) => kind), ["rfc4733", "inband"]);
  world.end();
});

Deno.test("a side on hold is sent no keys, and again once it is back", () => {
  const world = call({ a: { events: 101 }, b: { events: 101 } });
  const { keys, cross } = world;
  const hold = (direction: string): void => {
    const b = { events: 101, direction };
    cross(description(B, 5000, b), { from: "b", role: "offer" });
    const a = { events: 101 };
    cross(description(A, 4000, a), { from: "a", role: "answer" });
  };
  assertEquals(keys.sinks("b").length, 2);
  hold("sendonly");
  assertEquals(keys.sinks("b"), []);
  hold("sendrecv");
  assertEquals(keys.sinks("b").length, 2);
  world.end();
});

Deno.test("an offer that is refused changes nothing", () => {
  const world = call({ a: { events: 101 }, b: { events: 101 } });
  const { bed, a, b, keys, cross, translator, heard, toA, toB } = world;
  keys.listen("a", translator);
  translator.attach(keys.sinks("b").slice(0, 1));
  b.speak(toB);
  cross(description(B, 5000, { events: 96 }), { from: "b", role: "offer" });
  keys.refused();
  press(a, toA, 5);
  bed.pass(500);
  assertEquals([heard, typesOf(b)], [["5 100 rfc4733"], [101]]);
  world.end();
});

Deno.test("a session refreshed in the middle of a tone: it is one key", () => {
  const world = call({ receive: ["inband"] });
  const { bed, a, keys, cross, translator, heard, toA } = world;
  keys.listen("a", translator);
  const audio = join(silence(60), tone("8", { ms: 300 }), silence(200));
  for (const [index, bytes] of packets(audio, { law: PCMU }).entries()) {
    if (index === 10) {
      cross(description(B, 5000), { from: "b", role: "offer" });
      cross(description(A, 4000), { from: "a", role: "answer" });
    }
    a.send(bytes, toA);
    bed.pass(20);
  }
  assertEquals(heard.length, 1);
  world.end();
});

Deno.test("before the answer there is nothing to send keys with", () => {
  const bed = new RelayBed();
  const anchor = bed.begin();
  const keys = new RelayKeys({
    clock: bed.clock,
    observer: bed.observer,
    anchor,
    settings: () => ({ receive: ["rfc4733"], gapMs: 50 }),
  });
  keys.listen("a", new KeyLog());
  const received = description(A, 4000, { events: 101 });
  const written = crossed(anchor, received, { from: "a", role: "offer" });
  keys.offered({ from: "a", received, written });
  assertEquals([keys.sinks("a"), keys.sinks("b")], [[], []]);
  keys.close();
  bed.end(anchor);
});

/** The media of a call at rtpengine: what the servers are told, and what becomes of it when they do not answer. */

import { assertEquals, assertMatch } from "@std/assert";
import type { Crossed, Crossing } from "../../../core/media/media_anchor.ts";
import type { KeyPress } from "../../../core/media/key.ts";
import { NgAnchor } from "../../../core/media/ng_anchor.ts";
import { NgBed } from "./ng_bed.ts";

const PLAIN = sdp("0");
const EVENTS = sdp("0 101", "a=rtpmap:101 telephone-event/8000\r\n");

Deno.test("an offer and its answer go to a server, with one origin for each side", () => {
  const { bed, anchor } = world();
  const offer = cross(bed, anchor, EVENTS, { role: "offer", events: "hide" });
  assertMatch(written(offer), /^v=0\r\no=- \d+ 1 IN IP4 0\.0\.0\.0\r\n/);
  const answer = cross(bed, anchor, PLAIN, { role: "answer", from: "b" });
  assertEquals(answer.kind, "ok");
  const [asked] = bed.commands("offer");
  assertEquals(
    JSON.stringify(asked?.["codec"]),
    '{"mask":["telephone-event"]}',
  );
  assertEquals(bed.commands("answer")[0]?.["codec"], asked?.["codec"]);
  assertEquals(anchor.end(), { mode: "rtpengine", flows: [] });
  ended(bed);
});

Deno.test("no server answers: the crossing fails, and says so", () => {
  const { bed, anchor } = world();
  bed.behaviours.clear();
  const crossed = cross(bed, anchor, PLAIN, { role: "offer" });
  assertEquals(crossed, {
    kind: "failed",
    reason: "rtpengine does not answer",
  });
  assertEquals(anchor.end(), undefined);
  ended(bed);
});

Deno.test("a refused offer is taken back: the server is told again what holds", () => {
  const { bed, anchor } = world();
  cross(bed, anchor, PLAIN, { role: "offer" });
  cross(bed, anchor, PLAIN, { role: "answer", from: "b" });
  cross(bed, anchor, EVENTS, { role: "offer", from: "b" });
  anchor.refused(1);
  bed.pass(1000);
  // RFC 3261 §14.1: the session parameters stay as they were.
  assertEquals(
    bed.commands("offer").map(({ sdp }) => sdp),
    [PLAIN, EVENTS, PLAIN],
  );
  assertEquals(bed.commands("offer").at(-1)?.["from-tag"], "a");
  assertEquals(bed.commands("answer").length, 2);
  anchor.end();
  ended(bed);
});

Deno.test("each target has a session; all but the chosen one are deleted", () => {
  const { bed, anchor } = world();
  cross(bed, anchor, PLAIN, { role: "offer", target: 1 });
  cross(bed, anchor, PLAIN, { role: "offer", target: 2 });
  assertEquals(bed.sessions.size, 2);
  anchor.chosen(2);
  assertEquals(bed.sessions.size, 1);
  anchor.end();
  ended(bed);
  assertEquals(bed.commands("delete").length, 2);
});

Deno.test("keys are heard from the log, and played one after the other", () => {
  const { bed, anchor } = world();
  const heard: KeyPress[] = [];
  const wish = { events: "hide", keys: true } as const;
  cross(bed, anchor, EVENTS, { role: "offer", ...wish });
  cross(bed, anchor, PLAIN, { role: "answer", from: "b" });
  anchor.keys.listen("a", {
    keyDown: () => {},
    keyUp: (press) => heard.push(press),
  });
  const callid = bed.commands("offer")[0]?.["call-id"];
  const record = { type: "DTMF", callid, source_tag: "a", event: 5 };
  bed.sessions.logged(JSON.stringify({ ...record, duration: 120 }));
  assertEquals(heard, [{ key: "5", durationMs: 120, kind: "rfc4733" }]);
  assertEquals(anchor.keys.sinks("b"), []);
  const [sink] = anchor.keys.sinks("a");
  const sent: string[] = [];
  sink?.send({ key: "8", durationMs: 160 }, {
    keySent: (outcome) => sent.push(outcome),
  });
  bed.pass(160);
  assertEquals(sent, []);
  bed.pass(60);
  assertEquals(sent, ["sent"]);
  assertEquals(bed.commands("play DTMF")[0]?.["duration"], 160);
  anchor.end();
  ended(bed);
});

Deno.test("a key that reaches the other side by itself is not told of", () => {
  const { bed, anchor } = world();
  let heard = 0;
  cross(bed, anchor, EVENTS, { role: "offer" });
  cross(bed, anchor, EVENTS, { role: "answer", from: "b" });
  anchor.keys.listen("a", { keyDown: () => {}, keyUp: () => heard++ });
  const callid = bed.commands("offer")[0]?.["call-id"];
  bed.sessions.logged(JSON.stringify({
    ...{ type: "DTMF", callid, source_tag: "a" },
    ...{ event: 5, duration: 120 },
  }));
  assertEquals(heard, 0);
  assertEquals(bed.observer.counters.get("media_ng_keys_passed"), 1);
  anchor.end();
  ended(bed);
});

function world(): { bed: NgBed; anchor: NgAnchor } {
  const bed = new NgBed();
  const anchor = new NgAnchor({
    clock: bed.clock,
    observer: bed.observer,
    sessions: bed.sessions,
    sessionId: () => String(1 + Math.floor(bed.random.fraction() * 1e9)),
    user: {
      mediaTimedOut: () => {},
      keySettings: () => ({ receive: ["rfc4733"], gapMs: 50 }),
    },
  });
  return { bed, anchor };
}

function cross(
  bed: NgBed,
  anchor: NgAnchor,
  sdp: string,
  crossing: Partial<Crossing>,
): Crossed {
  let crossed: Crossed | undefined;
  anchor.cross(sdp, {
    ...{ from: "a", role: "offer", target: 1, standing: undefined },
    ...crossing,
  }, (got) => crossed = got);
  assertEquals(crossed, undefined, "it is asked for");
  bed.pass(2000);
  if (crossed === undefined) throw new Error("nothing came of it");
  return crossed;
}

function written(crossed: Crossed): string {
  return crossed.kind === "ok" ? crossed.sdp : crossed.reason;
}

function sdp(formats: string, more = ""): string {
  return "v=0\r\no=x 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n" +
    `t=0 0\r\nm=audio 4000 RTP/AVP ${formats}\r\n${more}`;
}

/** Nothing is left. */
function ended(bed: NgBed): void {
  bed.pass(2000);
  assertEquals(bed.sessions.size, 0);
  assertEquals(bed.exchange.waiting, 0);
  assertEquals(bed.servers.states.map(({ calls }) => calls), [0]);
  assertEquals(bed.clock.nextDueMs(), undefined);
}

import { assertEquals } from "@std/assert";
import type { NgOutcome } from "../../../core/media/ng_exchange.ts";
import { parseDtmfLog } from "../../../core/media/dtmf_log.ts";
import type {
  NgRewritten,
  NgSession,
  NgSide,
  NgTotals,
  NgWishes,
} from "../../../core/media/ng_session.ts";
import { NgBed } from "./ng_bed.ts";

const TO = { host: "192.0.2.9", port: 2001 };

Deno.test("ng: a request is repeated with its cookie until its reply comes", () => {
  const bed = new NgBed();
  let silent = 2;
  bed.behaviours.set(2001, () => silent-- > 0 ? undefined : { result: "pong" });
  const outcomes = ask(bed, { command: "ping" });
  assertEquals(outcomes, []);
  bed.pass(600);
  assertEquals(outcomes.map(({ kind }) => kind), ["ok"]);
  assertEquals(bed.seen.length, 3);
  assertEquals(new Set(bed.seen.map(({ cookie }) => cookie)).size, 1);
  over(bed);
});

Deno.test("ng: a server that is silent is given up after four tries", () => {
  const bed = new NgBed();
  bed.behaviours.clear();
  const outcomes = ask(bed, { command: "ping" });
  bed.pass(999);
  assertEquals(outcomes, []);
  bed.pass(1);
  assertEquals(outcomes, [{ kind: "timeout" }]);
  assertEquals(bed.seen.length, 4);
  over(bed);
});

Deno.test("ng: an error has its reason", () => {
  const bed = new NgBed();
  const reply = { result: "error", "error-reason": "Unknown call-id" };
  bed.behaviours.set(2001, () => reply);
  const outcomes = ask(bed, { command: "query" });
  bed.pass(1);
  assertEquals(outcomes, [{ kind: "error", reason: "Unknown call-id" }]);
  bed.behaviours.set(2001, () => ({ sdp: "v=0" }));
  const without = ask(bed, { command: "query" });
  bed.pass(1);
  assertEquals(without, [{ kind: "error", reason: "no result in the reply" }]);
  over(bed);
});

Deno.test("ng: replies that nobody waits for are dropped and counted", () => {
  const bed = new NgBed();
  bed.behaviours.clear();
  const outcomes = ask(bed, { command: "ping" });
  const [{ cookie } = { cookie: "" }] = bed.seen;
  const strays = [
    "",
    "x",
    `${cookie}`,
    `${cookie} `,
    `${cookie} i1e`,
    `${cookie} d6:result`,
    `other d6:result4:ponge`,
  ];
  for (const stray of strays) bed.exchange.received(stray);
  assertEquals(outcomes, []);
  assertEquals(
    bed.observer.counters.get("media_ng_stray_replies"),
    strays.length,
  );
  bed.exchange.received(`${cookie} d6:result4:ponge`);
  assertEquals(outcomes.map(({ kind }) => kind), ["ok"]);
  over(bed);
});

Deno.test("ng: requests under way have a limit", () => {
  const bed = new NgBed([1], { limit: 2 });
  const outcomes = [1, 2, 3].map(() => ask(bed, { command: "ping" }));
  bed.pass(1);
  assertEquals(outcomes.map(([one]) => one?.kind), ["ok", "ok", "full"]);
  over(bed);
});

Deno.test("ng: a server is down after two pings, and up with the next answer", () => {
  const bed = new NgBed([1, 1], { pingSeconds: 10 });
  bed.servers.open();
  const answers = bed.behaviours.get(2001)!;
  bed.pass(5_000);
  assertEquals(bed.servers.states.map(({ up }) => up), [true, true]);
  bed.behaviours.delete(2001);
  // One lost ping changes nothing.
  bed.pass(10_000);
  assertEquals(bed.servers.states.map(({ up }) => up), [true, true]);
  bed.pass(10_000);
  assertEquals(bed.servers.states.map(({ up }) => up), [false, true]);
  for (let i = 0; i < 20; i++) {
    assertEquals(bed.servers.choose()?.name, "192.0.2.9:2002");
  }
  bed.behaviours.set(2001, answers);
  bed.pass(10_000);
  assertEquals(bed.servers.states.map(({ up }) => up), [true, true]);
  assertEquals(bed.observer.counters.get("media_ng_down"), 1);
  assertEquals(bed.observer.counters.get("media_ng_up"), 1);
  bed.servers.close();
  over(bed);
});

Deno.test("ng: calls spread by weight; weight 0 is for when all others are down", () => {
  const bed = new NgBed([3, 1, 0]);
  const chosen = new Map<string, number>();
  for (let i = 0; i < 4000; i++) {
    const name = bed.servers.choose()?.name ?? "";
    chosen.set(name, (chosen.get(name) ?? 0) + 1);
  }
  const share = (chosen.get("192.0.2.9:2001") ?? 0) / 4000;
  assertEquals(Math.abs(share - 0.75) < 0.03, true, `a share of ${share}`);
  assertEquals(chosen.has("192.0.2.9:2003"), false);
  bed.behaviours.delete(2001);
  bed.behaviours.delete(2002);
  const session = bed.sessions.begin();
  const got = offer(session, "a");
  bed.pass(5_000);
  assertEquals(got, [{ kind: "ok", sdp: "v=0 by rtpengine" }]);
  assertEquals(session.server, "192.0.2.9:2003");
  end(bed, session);
  over(bed);
});

Deno.test("ng: an offer and its answer name the sides as the protocol does", () => {
  const bed = new NgBed();
  const session = bed.sessions.begin();
  offer(session, "a", { injectKeys: true, events: "hide" });
  bed.pass(1);
  answer(session, "b");
  bed.pass(1);
  // A later offer, of the called side.
  offer(session, "b");
  bed.pass(1);
  answer(session, "a");
  bed.pass(1);
  const sides = bed.seen.map(({ command }) => [
    command["command"],
    command["from-tag"],
    command["to-tag"],
  ]);
  assertEquals(sides, [
    ["offer", "a", undefined],
    ["answer", "a", "b"],
    ["offer", "b", "a"],
    ["answer", "b", "a"],
  ]);
  const [first] = bed.commands("offer");
  assertEquals(first?.["call-id"], session.callId);
  assertEquals(first?.["flags"], ["inject-DTMF", "always-transcode"]);
  assertEquals(bed.servers.states[0]?.calls, 1);
  end(bed, session);
  assertEquals(bed.servers.states[0]?.calls, 0);
  over(bed);
});

Deno.test("ng: a call stays with its server, answering or not", () => {
  const bed = new NgBed([1, 1]);
  const session = bed.sessions.begin();
  offer(session, "a");
  bed.pass(1);
  const port = Number(session.server?.split(":")[1]);
  bed.behaviours.delete(port);
  const got = answer(session, "b");
  bed.pass(1_000);
  assertEquals(got, [{ kind: "failed", reason: "rtpengine does not answer" }]);
  assertEquals(new Set(bed.seen.map((one) => one.port)).size, 1);
  // The next call goes to the other.
  assertEquals(
    bed.servers.choose()?.name,
    `192.0.2.9:${port === 2001 ? 2002 : 2001}`,
  );
  end(bed, session);
  over(bed);
});

Deno.test("ng: with all servers silent an offer fails, and its call counts nowhere", () => {
  const bed = new NgBed([1, 1]);
  bed.behaviours.clear();
  const session = bed.sessions.begin();
  const got = offer(session, "a");
  bed.pass(10_000);
  assertEquals(got, [{ kind: "failed", reason: "rtpengine does not answer" }]);
  assertEquals(bed.servers.states.map(({ calls }) => calls), [0, 0]);
  bed.sessions.end(session);
  over(bed);
});

Deno.test("ng: keys are played as if the other side had pressed them", () => {
  const bed = new NgBed();
  const session = bed.sessions.begin();
  const outcomes: string[] = [];
  const play = (to: NgSide): void =>
    session.playKey("#", {
      to,
      durationMs: 120,
      done: (outcome) => outcomes.push(outcome),
    });
  play("b");
  assertEquals(outcomes, ["failed"], "there is no media yet");
  offer(session, "a");
  bed.pass(1);
  play("b");
  bed.pass(1);
  const [command] = bed.commands("play DTMF");
  assertEquals(command?.["from-tag"], "a");
  assertEquals([command?.["code"], command?.["duration"]], [11, 120]);
  bed.behaviours.set(2001, () => ({ result: "error" }));
  play("b");
  bed.pass(1);
  assertEquals(outcomes, ["failed", "sent", "failed"]);
  bed.behaviours.set(2001, () => ({ result: "ok" }));
  end(bed, session);
  over(bed);
});

Deno.test("ng: keys that the server hears find their call, our own do not come back", () => {
  const bed = new NgBed();
  const session = bed.sessions.begin();
  const keys: string[] = [];
  session.onKey = (from, { key, durationMs }) =>
    keys.push(`${from} ${key} ${durationMs}`);
  offer(session, "a");
  bed.pass(1);
  log(bed, { callid: session.callId, source_tag: "a", event: 5 });
  session.playKey("7", { to: "b", durationMs: 120, done: () => {} });
  log(bed, { callid: session.callId, source_tag: "a", event: 7 });
  // Pressed after all.
  log(bed, { callid: session.callId, source_tag: "a", event: 7 });
  log(bed, { callid: "unknown", source_tag: "a", event: 7 });
  log(bed, { callid: session.callId, source_tag: "c", event: 7 });
  assertEquals(keys, ["a 5 120", "a 7 120"]);
  assertEquals(bed.observer.counters.get("media_ng_stray_keys"), 1);
  bed.pass(1);
  end(bed, session);
  log(bed, { callid: session.callId, source_tag: "a", event: 5 });
  assertEquals(keys.length, 2);
  over(bed);
});

Deno.test("ng: what is in the log of keys but is no key", () => {
  const record = { type: "DTMF", callid: "c", source_tag: "a" };
  const wrong: unknown[] = [
    null,
    [],
    {},
    { ...record, type: "other", event: 1, duration: 1 },
    { ...record, event: 17, duration: 1 },
    { ...record, event: 1.5, duration: 1 },
    { ...record, event: "", duration: 1 },
    { ...record, event: 1 },
    { ...record, event: 1, duration: -1 },
    { ...record, event: 1, duration: 1, callid: 5 },
  ];
  for (const one of wrong) {
    assertEquals(parseDtmfLog(JSON.stringify(one)), undefined);
  }
  assertEquals(parseDtmfLog("{"), undefined);
  assertEquals(
    parseDtmfLog(JSON.stringify({ ...record, event: 16, duration: 1e6 })),
    { callId: "c", from: "a", key: "flash", durationMs: 60_000 },
  );
});

Deno.test("ng: a server is asked for its counters, and tells them at the end", () => {
  const bed = new NgBed();
  const session = bed.sessions.begin();
  const totals: (NgTotals | undefined)[] = [];
  session.query((got) => totals.push(got));
  assertEquals(totals, [undefined]);
  offer(session, "a");
  bed.pass(1);
  session.query((got) => totals.push(got));
  bed.pass(1);
  bed.sessions.end(session, (got) => totals.push(got));
  bed.pass(1);
  const expected = { packets: 12, bytes: 2064, errors: 1 };
  assertEquals(totals, [undefined, expected, expected]);
  over(bed);
});

function ask(bed: NgBed, command: { command: string }): NgOutcome[] {
  const outcomes: NgOutcome[] = [];
  bed.exchange.request(command, {
    to: TO,
    done: (outcome) => outcomes.push(outcome),
  });
  return outcomes;
}

function offer(
  session: NgSession,
  from: NgSide,
  wishes: NgWishes = {},
): NgRewritten[] {
  const got: NgRewritten[] = [];
  session.offer("v=0", { from, wishes, done: (one) => got.push(one) });
  return got;
}

function answer(session: NgSession, from: NgSide): NgRewritten[] {
  const got: NgRewritten[] = [];
  session.answer("v=0", { from, done: (one) => got.push(one) });
  return got;
}

function log(bed: NgBed, record: Record<string, unknown>): void {
  bed.sessions.logged(
    JSON.stringify({ type: "DTMF", duration: 120, ...record }),
  );
}

function end(bed: NgBed, session: NgSession): void {
  bed.sessions.end(session);
  bed.pass(1_000);
}

/** Nothing is left. */
function over(bed: NgBed): void {
  assertEquals(bed.exchange.waiting, 0);
  assertEquals(bed.sessions.size, 0);
  assertEquals(bed.clock.pending, 0);
}

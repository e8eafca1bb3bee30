import { assertEquals, assertNotEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import type { RefreshChoice } from "../../../core/dialog/refresh_steps.ts";
import type { SessionTimerSettings } from "../../../core/dialog/timer_negotiation.ts";
import { Headers } from "../../../core/message/headers.ts";
import { Bed, linesOf, request, response } from "./session_timer_bed.ts";

const WE_REFRESH = "Session-Expires: 1800;refresher=uac";
const ALLOW_UPDATE = "Allow: INVITE, ACK, BYE, UPDATE";

/** A call whose refresh is due in this moment, the 900th second; it ends at 1768. */
function due(
  settings: Partial<SessionTimerSettings> = {},
  options: ConstructorParameters<typeof Bed>[1] = {},
): Bed {
  return new Bed({ mode: "request", ...settings }, options)
    .answered(WE_REFRESH, ALLOW_UPDATE).until(900);
}

Deno.test("auto: UPDATE without SDP, UPDATE with SDP, re-INVITE with SDP", () => {
  const bed = due();
  bed.answer(405).answer(405);
  assertEquals(bed.attempts, [
    "UPDATE@900",
    "UPDATE+SDP@900",
    "INVITE+SDP@900",
  ]);
  bed.answer(200, WE_REFRESH);
  assertEquals(bed.timer.refreshDueMs, 1_800_000);
  assertEquals(bed.refreshes.at(-1)?.outcomes, [
    { method: "UPDATE", withSdp: false, result: 405 },
    { method: "UPDATE", withSdp: true, result: 405 },
  ]);
  bed.assertNothingLeft();
});

Deno.test("the order by setting and by what is known of the peer", () => {
  const rows: [
    SessionTimerSettings["refresh"],
    { allow: boolean; hasSdp: boolean },
    string[],
  ][] = [
    ["auto", { allow: true, hasSdp: true }, [
      "UPDATE",
      "UPDATE+SDP",
      "INVITE+SDP",
    ]],
    // RFC 4028 §7.4: UPDATE "if it has seen an Allow header field from its peer with the value 'UPDATE'".
    ["auto", { allow: false, hasSdp: true }, ["INVITE+SDP"]],
    ["auto", { allow: true, hasSdp: false }, ["UPDATE"]],
    ["auto", { allow: false, hasSdp: false }, ["OPTIONS"]],
    ["update", { allow: false, hasSdp: true }, [
      "UPDATE",
      "UPDATE+SDP",
      "INVITE+SDP",
    ]],
    ["invite", { allow: true, hasSdp: true }, ["INVITE+SDP"]],
    ["options", { allow: true, hasSdp: true }, [
      "UPDATE",
      "UPDATE+SDP",
      "INVITE+SDP",
      "OPTIONS",
    ]],
    ["options", { allow: false, hasSdp: false }, ["OPTIONS"]],
  ];
  for (const [refresh, { allow, hasSdp }, wanted] of rows) {
    const bed = new Bed({ mode: "request", refresh });
    bed.hasSdp = hasSdp;
    bed.answered(WE_REFRESH, ...allow ? [ALLOW_UPDATE] : []).until(900);
    for (let i = 1; i < wanted.length; i++) bed.answer(603);
    assertEquals(bed.attempts, wanted.map((step) => `${step}@900`), refresh);
    bed.assertNothingLeft();
  }
});

// What the peer says to UPDATE without SDP, and what comes of it.
for (
  const status of [
    300,
    302,
    400,
    402,
    403,
    404,
    405,
    406,
    410,
    415,
    420,
    480,
    486,
    488,
    494,
    500,
    501,
    503,
    504,
    513,
    580,
    600,
    603,
    606,
  ]
) {
  Deno.test(`${status} to UPDATE: the next step, at once, and no end`, () => {
    const bed = due().until(901).answer(status);
    assertEquals(bed.attempts, ["UPDATE@900", "UPDATE+SDP@901"]);
    bed.answer(200, WE_REFRESH);
    assertEquals(bed.timer.refreshDueMs, 1_801_000);
    assertEquals(bed.ends, []);
    bed.assertNothingLeft();
  });
}

for (const method of ["UPDATE", "UPDATE+SDP", "INVITE+SDP"] as const) {
  for (const status of [481, 408]) {
    Deno.test(`${status} to ${method}: the session is gone`, () => {
      const bed = due();
      for (let i = 0; !bed.attempts.at(-1)?.startsWith(`${method}@`); i++) {
        bed.answer(400);
      }
      bed.until(903).answer(status);
      // RFC 4028 §10: "generates a 408 or 481 response, then the UAC sends a BYE".
      assertEquals(bed.ends, [`gone ${status}@903`]);
      assertEquals(bed.wheel.pending, 0);
    });
  }
}

Deno.test("OPTIONS: 2xx proves life, 481 the contrary, 408 nothing", () => {
  const bed = due({ refresh: "options" });
  bed.answer(501).answer(501).answer(488);
  assertEquals(bed.attempts.at(-1), "OPTIONS@900");
  bed.answer(200);
  // It agrees on nothing: the interval stays as it was.
  assertEquals(bed.timer.agreement?.intervalSeconds, 1800);
  assertEquals(bed.timer.refreshDueMs, 1_800_000);
  bed.until(1800);
  // What was refused is not asked for again.
  assertEquals(bed.attempts.at(-1), "OPTIONS@1800");
  bed.answer(408);
  assertEquals(bed.ends, []);
  bed.until(2234);
  assertEquals(bed.attempts.at(-1), "OPTIONS@2234");
  bed.answer(481);
  assertEquals(bed.ends, ["gone 481@2234"]);
  bed.assertNothingLeft();
});

Deno.test("a timeout of our own climbs, however often; the deadline ends", () => {
  const bed = due();
  bed.until(932).fail("timeout");
  assertEquals(bed.attempts.at(-1), "INVITE+SDP@932");
  bed.until(964).fail("timeout");
  assertEquals(bed.attempts.at(-1), "UPDATE+SDP@964");
  bed.until(996).fail("timeout");
  assertEquals(bed.ends, []);
  // Once more when half of the time that is left has passed: (1768 - 996) / 2 = 386.
  bed.until(1382);
  assertEquals(bed.attempts.at(-1), "UPDATE@1382");
  bed.answer(200, WE_REFRESH);
  assertEquals(bed.timer.deadlineMs, 3_150_000);
  bed.assertNothingLeft();
});

Deno.test("the transport fails at once, round after round, until the deadline", () => {
  const bed = due();
  const failing = bed.send.bind(bed);
  bed.send = (attempt) => {
    failing(attempt);
    bed.fail("transport");
  };
  bed.answer(500);
  bed.until(5000);
  assertEquals(bed.ends, ["expired@1768"]);
  // Each pause is half of the time that is left, so the tries are few.
  assertEquals(bed.attempts.length < 40, true);
  assertEquals(bed.memory.size, 0);
  assertEquals(bed.wheel.pending, 0);
});

Deno.test("a peer that drops UPDATE silently costs one timeout once", () => {
  const bed = due();
  bed.until(932).fail("timeout").answer(200, WE_REFRESH);
  assertEquals(bed.attempts, ["UPDATE@900", "INVITE+SDP@932"]);
  bed.until(1832);
  assertEquals(bed.attempts.at(-1), "INVITE+SDP@1832");
  bed.answer(200, WE_REFRESH);

  // Another call to the same peer knows.
  const other = due({}, { memory: bed.memory });
  assertEquals(other.attempts, ["INVITE+SDP@900"]);
  other.assertNothingLeft();
  const elsewhere = due({}, {
    memory: bed.memory,
    contact: "sip:b@192.0.2.3",
  });
  assertEquals(elsewhere.attempts, ["UPDATE@900"]);
  elsewhere.assertNothingLeft();
  bed.assertNothingLeft();
});

Deno.test("refusals run out after an hour", () => {
  const bed = due();
  bed.answer(501).answer(501).answer(200, WE_REFRESH);
  bed.until(1800).answer(200, WE_REFRESH);
  bed.until(2700).answer(200, WE_REFRESH);
  bed.until(3600).answer(200, WE_REFRESH);
  bed.until(4500);
  assertEquals(bed.attempts.slice(3), [
    "INVITE+SDP@1800",
    "INVITE+SDP@2700",
    "INVITE+SDP@3600",
    "UPDATE@4500",
  ]);
  bed.assertNothingLeft();
});

Deno.test("pjsip: 400 Want SDP Body to UPDATE without SDP is met with SDP, and remembered", () => {
  const bed = due();
  bed.answer(400).answer(200, WE_REFRESH).until(1800);
  assertEquals(bed.attempts, [
    "UPDATE@900",
    "UPDATE+SDP@900",
    "UPDATE+SDP@1800",
  ]);
  bed.assertNothingLeft();
});

Deno.test("who refuses everything has nothing remembered against it", () => {
  const bed = due();
  bed.answer(488).answer(488).answer(488);
  assertEquals(bed.memory.size, 0);
  assertEquals(bed.ends, []);
  bed.until(1768);
  assertEquals(bed.ends, ["expired@1768"]);
  bed.assertNothingLeft();
});

Deno.test("trouble is not held against a peer: 500, 503, 603, transport", () => {
  const bed = due();
  bed.answer(500).answer(603).answer(200, WE_REFRESH);
  assertEquals(bed.memory.size, 0);
  bed.until(1800).fail("transport").answer(503).answer(200, WE_REFRESH);
  assertEquals(bed.memory.size, 0);
  bed.assertNothingLeft();
});

Deno.test("491 waits as RFC 3261 §14.1 says, then the same again", () => {
  for (const [owns, from, to] of [[true, 2.1, 4], [false, 0, 2]] as const) {
    const bed = new Bed({ mode: "request" });
    bed.ownsCallId = owns;
    bed.answered(WE_REFRESH, ALLOW_UPDATE).until(900).answer(491);
    assertEquals(bed.attempts.length, 1);
    bed.until(905);
    assertEquals(bed.attempts.length, 2);
    assertEquals(bed.sent[1]?.attempt, bed.sent[0]?.attempt);
    const waited = bed.sent[1]!.atMs / 1000 - 900;
    assertEquals(waited >= from && waited <= to, true, String(waited));
    bed.assertNothingLeft();
  }
});

Deno.test("491 without end climbs after five waits", () => {
  const bed = due();
  for (let i = 0; i < 6; i++) {
    bed.answer(491);
    bed.until(900 + (i + 1) * 5);
  }
  assertEquals(bed.sent.map(({ attempt }) => attempt.withSdp), [
    false,
    false,
    false,
    false,
    false,
    false,
    true,
  ]);
  bed.assertNothingLeft();
});

Deno.test("500 and 503 with Retry-After are tried again when it says", () => {
  for (const status of [500, 503]) {
    const bed = due().answer(
      status,
      "Retry-After: 120 (maintenance);duration=60",
    );
    bed.until(1019.999);
    assertEquals(bed.attempts, ["UPDATE@900"]);
    bed.until(1020);
    assertEquals(bed.attempts, ["UPDATE@900", "UPDATE@1020"]);
    bed.answer(200, WE_REFRESH);
    assertEquals(bed.timer.refreshDueMs, 1_920_000);
    bed.assertNothingLeft();
  }
});

Deno.test("a Retry-After past the deadline, or none, climbs at once", () => {
  // A transaction of 32 s must still fit in before 1768: 836 does, 837 does not.
  const fits = due().answer(503, "Retry-After: 836");
  assertEquals(fits.attempts.length, 1);
  fits.assertNothingLeft();
  for (const line of ["Retry-After: 837", "Retry-After: soon", "X: y"]) {
    const bed = due().answer(503, line);
    assertEquals(bed.attempts, ["UPDATE@900", "UPDATE+SDP@900"], line);
    bed.assertNothingLeft();
  }
});

Deno.test("Retry-After: 0 without end climbs after five tries", () => {
  const bed = due();
  for (let i = 0; i < 6; i++) {
    bed.answer(503, "Retry-After: 0");
    bed.until(900.001 + i / 1000);
  }
  assertEquals(bed.sent.length, 7);
  assertEquals(bed.sent[6]?.attempt.withSdp, true);
  bed.assertNothingLeft();
});

Deno.test("401 and 407 are answered where we have credentials, twice at most", () => {
  for (const status of [401, 407]) {
    const bed = due();
    bed.hasCredentials = true;
    bed.answer(status);
    assertEquals(bed.sent.length, 2);
    assertEquals(bed.sent[1]?.attempt, bed.sent[0]?.attempt);
    bed.answer(status);
    assertEquals(bed.sent.length, 3);
    // RFC 4028 §10: "the UAC SHOULD NOT continuously retry the request if the server indicates the same error response".
    bed.answer(status);
    assertNotEquals(bed.sent.at(-1)?.attempt, bed.sent[0]?.attempt);
    bed.assertNothingLeft();
    const without = due().answer(status);
    assertEquals(without.attempts, ["UPDATE@900", "UPDATE+SDP@900"]);
    without.assertNothingLeft();
  }
});

Deno.test("422 raises: the same request with the larger interval", () => {
  const bed = due().answer(422, "Min-SE: 3600");
  assertEquals(bed.attempts, ["UPDATE@900", "UPDATE@900"]);
  assertEquals(linesOf(bed.sent[1]!.headers), [
    "Supported: timer",
    "Session-Expires: 3600;refresher=uac",
    "Min-SE: 3600",
  ]);
  bed.answer(200, "Session-Expires: 3600;refresher=uac");
  assertEquals(bed.timer.refreshDueMs, 2_700_000);
  bed.assertNothingLeft();
});

Deno.test("a loop of 422 ends: five retries, then the next step", () => {
  const bed = due();
  for (let i = 1; i <= 6; i++) bed.answer(422, `Min-SE: ${1800 + i * 100}`);
  assertEquals(bed.sent.length, 7);
  assertEquals(bed.sent[5]?.attempt.withSdp, false);
  assertEquals(bed.sent[6]?.attempt.withSdp, true);
  assertEquals(bed.memory.size, 0);
  bed.assertNothingLeft();
});

Deno.test("a refresh that is due during an INVITE waits for its end", () => {
  const bed = new Bed({ mode: "request" }).answered(WE_REFRESH, ALLOW_UPDATE);
  bed.until(890);
  bed.inviteInProgress = true;
  bed.until(930);
  assertEquals(bed.attempts, []);
  bed.inviteInProgress = false;
  bed.timer.inviteSettled();
  assertEquals(bed.attempts, ["UPDATE@930"]);
  bed.assertNothingLeft();
});

Deno.test("a refresh that is due during an INVITE is not needed when that is answered", () => {
  const bed = new Bed({ mode: "request" }).answered(WE_REFRESH, ALLOW_UPDATE);
  bed.until(890);
  bed.inviteInProgress = true;
  const sent = bed.timer.outgoing("INVITE", new Headers());
  bed.until(930);
  bed.timer.succeeded("INVITE", response(200, WE_REFRESH), sent);
  bed.inviteInProgress = false;
  bed.timer.inviteSettled();
  assertEquals(bed.attempts, []);
  assertEquals(bed.timer.refreshDueMs, 1_830_000);
  bed.assertNothingLeft();
});

Deno.test("an INVITE that never ends does not move the deadline", () => {
  const bed = new Bed({ mode: "request" }).answered(WE_REFRESH);
  bed.inviteInProgress = true;
  bed.until(3000);
  assertEquals(bed.ends, ["expired@1768"]);
  bed.assertNothingLeft();
});

Deno.test("an INVITE of the peer that crosses our step is waited for", () => {
  const bed = new Bed({ mode: "request", refresh: "invite" })
    .answered(WE_REFRESH);
  bed.refuseSending = "busy";
  bed.until(910);
  assertEquals(bed.attempts, []);
  bed.refuseSending = undefined;
  bed.timer.inviteSettled();
  assertEquals(bed.attempts, ["INVITE+SDP@910"]);
  bed.assertNothingLeft();
});

Deno.test("a wait that ends during an INVITE goes on waiting", () => {
  const bed = due().answer(503, "Retry-After: 10");
  bed.inviteInProgress = true;
  bed.until(920);
  assertEquals(bed.attempts, ["UPDATE@900"]);
  bed.inviteInProgress = false;
  bed.timer.inviteSettled();
  assertEquals(bed.attempts, ["UPDATE@900", "UPDATE@920"]);
  bed.assertNothingLeft();
});

Deno.test("90 seconds: an UPDATE that is dropped leaves time for the re-INVITE", () => {
  const bed = new Bed({ mode: "request", expiresSeconds: 90 })
    .answered("Session-Expires: 90;refresher=uac", ALLOW_UPDATE);
  // 15 seconds are left at 45, less than a transaction may take: half of them are for UPDATE, half for INVITE.
  bed.until(59);
  assertEquals(bed.attempts, ["UPDATE@45", "INVITE+SDP@52.5"]);
  bed.answer(200, "Session-Expires: 90;refresher=uac");
  assertEquals(bed.ends, []);
  bed.until(104);
  assertEquals(bed.attempts.at(-1), "INVITE+SDP@104");
  bed.assertNothingLeft();
});

Deno.test("90 seconds: the late 2xx to an UPDATE that was given up still counts", () => {
  const bed = new Bed({ mode: "request", expiresSeconds: 90 })
    .answered("Session-Expires: 90;refresher=uac", ALLOW_UPDATE);
  bed.until(53);
  const update = bed.sent[0]!.attempt;
  bed.timer.attemptResponded(
    update,
    response(200, "Session-Expires: 90;refresher=uac"),
  );
  assertEquals(bed.timer.refreshDueMs, 98_000);
  assertEquals(bed.memory.size, 0);
  bed.until(98);
  assertEquals(bed.attempts.at(-1), "UPDATE@98");
  bed.assertNothingLeft();
});

Deno.test("a peer that answers the retried refresh by taking the role over", () => {
  const bed = due().answer(405).answer(200, "x: 1800;refresher=uas");
  assertEquals(bed.timer.agreement?.weRefresh, false);
  assertEquals(bed.timer.refreshDueMs, undefined);
  bed.until(900 + 1768);
  assertEquals(bed.ends, ["expired@2668"]);
  bed.assertNothingLeft();
});

Deno.test("a script chooses each step, with header fields of its own", () => {
  const bed = new Bed({ mode: "request" });
  const headers = new Headers().append("X-Refresh", "1");
  bed.choose = () => ({ method: "INVITE", withSdp: false, headers });
  bed.answered(WE_REFRESH, ALLOW_UPDATE).until(900);
  assertEquals(bed.attempts, ["INVITE@900"]);
  assertEquals(bed.sent[0]?.attempt.headers, headers);
  assertEquals(bed.questions[0], {
    proposed: { method: "UPDATE", withSdp: false },
    outcomes: [],
    timeLeftMs: 868_000,
  });
  // What it insists on failed: the ladder climbs by itself, and the script is told what happened.
  bed.until(910).answer(488);
  assertEquals(bed.attempts, ["INVITE@900", "UPDATE@910"]);
  assertEquals(bed.questions[1]?.outcomes, [
    { method: "INVITE", withSdp: false, result: 488 },
  ]);
  assertEquals(bed.questions[1]?.timeLeftMs, 858_000);
  bed.answer(200, WE_REFRESH);
  bed.assertNothingLeft();
});

Deno.test("a script overrides the memory; what works is forgotten there", () => {
  const bed = due();
  bed.answer(405).answer(405).answer(200, WE_REFRESH);
  assertEquals(bed.memory.size, 2);
  let choice: RefreshChoice | undefined = { method: "UPDATE", withSdp: false };
  bed.choose = () => choice;
  bed.until(1800).answer(200, WE_REFRESH);
  assertEquals(bed.attempts.at(-1), "UPDATE@1800");
  assertEquals(bed.memory.size, 1);
  choice = undefined;
  bed.until(2700);
  assertEquals(bed.attempts.at(-1), "UPDATE@2700");
  bed.assertNothingLeft();
});

Deno.test("a script that skips is asked again before the deadline, which stands", () => {
  const bed = new Bed({ mode: "request" });
  bed.choose = () => "skip";
  bed.answered(WE_REFRESH, ALLOW_UPDATE).until(900);
  assertEquals(bed.attempts, []);
  bed.until(1333.999);
  assertEquals(bed.questions.length, 1);
  bed.choose = () => undefined;
  bed.until(1334);
  assertEquals(bed.questions.length, 2);
  assertEquals(bed.attempts, ["UPDATE@1334"]);
  bed.assertNothingLeft();

  const never = new Bed({ mode: "request" });
  never.choose = () => "skip";
  never.answered(WE_REFRESH).until(5000);
  assertEquals(never.ends, ["expired@1768"]);
  assertEquals(never.questions.length < 12, true);
  never.assertNothingLeft();
});

Deno.test("provisional responses decide nothing", () => {
  const bed = due({ refresh: "invite" });
  bed.answer(100).answer(183);
  assertEquals(bed.attempts, ["INVITE+SDP@900"]);
  bed.answer(200, WE_REFRESH);
  assertEquals(bed.timer.refreshDueMs, 1_800_000);
  bed.assertNothingLeft();
});

Deno.test("a refresh that ends with its session says no more", () => {
  const bed = due().fail("ended");
  assertEquals(bed.attempts, ["UPDATE@900"]);
  assertEquals(bed.ends, []);
  bed.assertNothingLeft();
});

Deno.test("a peer's refresh ends the ladder", () => {
  const bed = due().answer(503, "Retry-After: 60");
  bed.until(930);
  bed.timer.answering(
    request("INVITE", "Supported: timer", "x: 1800;refresher=uas"),
    new Headers(),
  );
  bed.until(1000);
  assertEquals(bed.attempts, ["UPDATE@900"]);
  assertEquals(bed.timer.refreshDueMs, 1_830_000);
  bed.assertNothingLeft();
});

Deno.test("one leg's ladder does not touch the other's timer", () => {
  const sick = due();
  const healthy = due();
  healthy.answer(200, WE_REFRESH);
  sick.answer(481);
  assertEquals(sick.ends, ["gone 481@900"]);
  assertEquals(healthy.ends, []);
  assertEquals(healthy.timer.refreshDueMs, 1_800_000);
  sick.assertNothingLeft();
  healthy.assertNothingLeft();
});

Deno.test("90 seconds: a challenge does not make the ladder wait longer", () => {
  const bed = new Bed({ mode: "request", expiresSeconds: 90 });
  bed.hasCredentials = true;
  bed.answered("Session-Expires: 90;refresher=uac", ALLOW_UPDATE).until(46);
  bed.answer(407);
  // 14 seconds are left, and the answer to the challenge gets half of them.
  bed.until(59);
  assertEquals(bed.attempts, ["UPDATE@45", "UPDATE@46", "INVITE+SDP@53"]);
  bed.assertNothingLeft();
});

Deno.test("whatever peers do, no refresh ends a call before its deadline, and nothing is left", () => {
  const random = seededRandom(4028);
  const statuses = "200 302 400 401 405 407 422 488 491 500 501 503 603"
    .split(" ").map(Number);
  function pick<T>(list: readonly T[]): T {
    return list[Math.floor(random.fraction() * list.length)]!;
  }
  for (let run = 0; run < 300; run++) {
    const seconds = pick([90, 120, 600, 1800]);
    const bed = new Bed({
      mode: pick(["accept", "request", "always"]),
      refresh: pick(["auto", "update", "invite", "options"]),
    });
    bed.hasCredentials = random.fraction() < 0.5;
    const expires = `Session-Expires: ${seconds};refresher=uac`;
    bed.answered(expires, ...random.fraction() < 0.7 ? [ALLOW_UPDATE] : []);
    let deadlineMs = bed.timer.deadlineMs;
    for (let step = 0; step < 200 && bed.ends.length === 0; step++) {
      bed.wheel.advance(
        bed.wheel.now() + Math.floor(random.fraction() * 40_000),
      );
      if (bed.ends.length > 0 || bed.sent.length === 0) continue;
      const chance = random.fraction();
      bed.inviteInProgress = random.fraction() < 0.1;
      if (!bed.inviteInProgress) bed.timer.inviteSettled();
      if (chance < 0.1) bed.fail("timeout");
      else if (chance < 0.15) bed.fail("transport");
      else if (chance < 0.8) {
        bed.answer(
          pick(statuses),
          ...random.fraction() < 0.8 ? [expires] : [],
          `Retry-After: ${Math.floor(random.fraction() * 100)}`,
          `Min-SE: ${pick([90, 120, 700, 3600, 9999999])}`,
        );
      }
      if (bed.ends.length === 0) deadlineMs = bed.timer.deadlineMs;
    }
    if (bed.ends.length > 0) {
      assertEquals(bed.ends, [`expired@${deadlineMs! / 1000}`]);
    }
    assertEquals(bed.memory.size <= 6, true);
    bed.assertNothingLeft();
  }
});

import { assertEquals } from "@std/assert";
import {
  expiryAfterMs,
  refreshAfterMs,
} from "../../../core/dialog/session_timer.ts";
import { Headers } from "../../../core/message/headers.ts";
import { Bed, linesOf, request, response } from "./session_timer_bed.ts";

const WE_REFRESH = "Session-Expires: 1800;refresher=uac";
const THEY_REFRESH = "Session-Expires: 1800;refresher=uas";
const ALLOW_UPDATE = "Allow: INVITE, ACK, BYE, UPDATE";

Deno.test("RFC 4028 §10: refresh at half, end at max(2/3 interval, interval - 32 s)", () => {
  const rows: [number, number, number][] = [
    [90, 45_000, 60_000],
    [95, 47_500, 63_334],
    [96, 48_000, 64_000],
    [100, 50_000, 68_000],
    [1800, 900_000, 1_768_000],
    [3600, 1_800_000, 3_568_000],
  ];
  for (const [seconds, refreshMs, endMs] of rows) {
    const agreement = {
      intervalSeconds: seconds,
      expirySeconds: seconds,
      weRefresh: true,
      alone: false,
    };
    assertEquals(refreshAfterMs(agreement), refreshMs);
    assertEquals(expiryAfterMs(agreement), endMs);
  }
});

Deno.test("our refresh is due at half the interval to the millisecond, time after time", () => {
  const bed = new Bed({ mode: "request" }).answered(WE_REFRESH, ALLOW_UPDATE);
  assertEquals(bed.wheel.pending, 1);
  assertEquals(bed.timer.refreshDueMs, 900_000);
  assertEquals(bed.timer.deadlineMs, 1_768_000);
  bed.until(899.999);
  assertEquals(bed.attempts, []);
  bed.until(900);
  assertEquals(bed.attempts, ["UPDATE@900"]);
  assertEquals(linesOf(bed.sent[0]!.headers), ["Supported: timer", WE_REFRESH]);
  bed.until(900.2).answer(200, WE_REFRESH);
  bed.until(1800.2);
  assertEquals(bed.attempts, ["UPDATE@900", "UPDATE@1800.2"]);
  assertEquals(bed.refreshes.at(-1)?.by, "us");
  assertEquals(bed.refreshes.at(-1)?.method, "UPDATE");
  bed.assertNothingLeft();
});

Deno.test("a peer that declares itself refresher and never refreshes: end at the deadline", () => {
  const bed = new Bed({ mode: "request" }).answered(THEY_REFRESH);
  bed.until(1767.999);
  assertEquals(bed.ends, []);
  bed.until(4000);
  assertEquals(bed.ends, ["expired@1768"]);
  assertEquals(bed.attempts, []);
  bed.assertNothingLeft();
});

Deno.test("90 seconds: refresh at 45, end at 60", () => {
  const bed = new Bed({ mode: "request", expiresSeconds: 90 })
    .answered("Session-Expires: 90;refresher=uac");
  bed.until(100);
  assertEquals(bed.attempts[0], "INVITE+SDP@45");
  assertEquals(bed.ends, ["expired@60"]);
  bed.assertNothingLeft();
});

Deno.test("any 2xx to a re-INVITE or UPDATE of either side starts the timer afresh", () => {
  const bed = new Bed({ mode: "request" }).answered(THEY_REFRESH);
  bed.until(1000);
  // RFC 4028 §9: the UAS counts from "the time of transmission of the last 2xx response".
  const headers = new Headers();
  bed.timer.answering(
    request("INVITE", "Supported: timer", "x: 1800;refresher=uac"),
    headers,
  );
  assertEquals(linesOf(headers), [
    "Supported: timer",
    "Require: timer",
    "Session-Expires: 1800;refresher=uac",
  ]);
  assertEquals(bed.timer.deadlineMs, 2_768_000);
  assertEquals(bed.refreshes.at(-1)?.by, "them");
  bed.until(2000);
  // A change that came from the other leg.
  const sent = bed.timer.outgoing("UPDATE", new Headers());
  bed.timer.succeeded("UPDATE", response(200, THEY_REFRESH), sent);
  assertEquals(bed.timer.deadlineMs, 3_768_000);
  // What refreshes nothing: INFO, OPTIONS, a refusal.
  bed.until(2500);
  bed.timer.answering(request("INFO"), new Headers());
  bed.timer.succeeded("OPTIONS", response(200), sent);
  assertEquals(bed.timer.deadlineMs, 3_768_000);
  bed.until(3768);
  assertEquals(bed.ends, ["expired@3768"]);
  bed.assertNothingLeft();
});

Deno.test("the refresher may change at each refresh", () => {
  const bed = new Bed({ mode: "accept" }).answered(WE_REFRESH);
  assertEquals(bed.timer.agreement?.weRefresh, true);
  bed.until(100);
  const headers = new Headers();
  bed.timer.answering(
    request("UPDATE", "Supported: timer", "x: 600;refresher=uac"),
    headers,
  );
  assertEquals(bed.timer.agreement?.weRefresh, false);
  assertEquals(bed.timer.refreshDueMs, undefined);
  bed.until(600);
  assertEquals(bed.attempts, []);
  bed.timer.answering(
    request("UPDATE", "Supported: timer", "x: 600;refresher=uas"),
    headers,
  );
  bed.until(900);
  assertEquals(bed.attempts, ["INVITE+SDP@900"]);
  bed.assertNothingLeft();
});

Deno.test("a 2xx without Session-Expires turns the timer off mid-call", () => {
  for (const value of [[], ["Session-Expires: 0"]]) {
    const bed = new Bed({ mode: "request" }).answered(WE_REFRESH);
    bed.until(900).answer(200, ...value);
    // RFC 4028 §7.2: "This means that the session timer can be 'turned-off' in mid dialog by receiving a response
    // without a Session-Expires header field."
    assertEquals(bed.timer.agreement, undefined);
    assertEquals(bed.timer.deadlineMs, undefined);
    assertEquals(bed.wheel.pending, 0);
    bed.until(10_000);
    assertEquals(bed.ends, []);
  }
});

Deno.test("always: a peer without timers is refreshed and ended by us alone", () => {
  const bed = new Bed({ mode: "always" }).answered();
  assertEquals(bed.timer.agreement?.alone, true);
  bed.until(900);
  assertEquals(bed.attempts, ["INVITE+SDP@900"]);
  assertEquals(linesOf(bed.sent[0]!.headers), [
    "Supported: timer",
    "Session-Expires: 1800;refresher=uac",
  ]);
  bed.answer(200);
  assertEquals(bed.timer.refreshDueMs, 1_800_000);
  bed.until(1800).fail("timeout");
  bed.until(5000);
  assertEquals(bed.ends, ["expired@2668"]);
  bed.assertNothingLeft();
});

Deno.test("a refresh of the peer while ours is on its way: ours is let go, its late 2xx counts", () => {
  const bed = new Bed({ mode: "accept" }).answered(WE_REFRESH, ALLOW_UPDATE);
  bed.until(900);
  bed.timer.answering(
    request("UPDATE", "Supported: timer", "x: 1800;refresher=uac"),
    new Headers(),
  );
  assertEquals(bed.timer.agreement?.weRefresh, false);
  bed.until(901).answer(500);
  assertEquals(bed.attempts, ["UPDATE@900"]);
  bed.answer(200, WE_REFRESH);
  assertEquals(bed.timer.agreement?.weRefresh, true);
  assertEquals(bed.timer.refreshDueMs, 1_801_000);
  bed.assertNothingLeft();
});

Deno.test("after the end nothing moves: a refresh that crosses a BYE", () => {
  const bed = new Bed({ mode: "request" }).answered(WE_REFRESH);
  bed.until(900);
  bed.timer.stop();
  bed.answer(200, WE_REFRESH).fail("ended");
  bed.timer.answering(request("UPDATE", "x: 1800"), new Headers());
  assertEquals(bed.wheel.pending, 0);
  assertEquals(bed.ends, []);
});

Deno.test("the fields of incoming requests are checked, mid-call too", () => {
  const bed = new Bed({ mode: "accept" }).answered(WE_REFRESH);
  assertEquals(
    bed.timer.incoming(request("UPDATE", "Supported: timer", "x: 60")),
    { status: 422, minSeSeconds: 90 },
  );
  assertEquals(bed.timer.incoming(request("INFO", "x: 60")), undefined);
  bed.assertNothingLeft();
});

Deno.test("422 to a change that came from the other leg: again with the larger interval", () => {
  const bed = new Bed({ mode: "request" }).answered(WE_REFRESH);
  let headers = new Headers();
  let sent = bed.timer.outgoing("INVITE", headers);
  assertEquals(bed.timer.raise(response(422, "Min-SE: 3600"), sent), true);
  headers = new Headers();
  sent = bed.timer.outgoing("INVITE", headers);
  assertEquals(linesOf(headers), [
    "Supported: timer",
    "Session-Expires: 3600;refresher=uac",
    "Min-SE: 3600",
  ]);
  bed.timer.succeeded(
    "INVITE",
    response(200, "Session-Expires: 3600;refresher=uac"),
    sent,
  );
  assertEquals(bed.timer.refreshDueMs, 1_800_000);
  bed.assertNothingLeft();
});

Deno.test("the call flow of RFC 4028 §13: two 422, then a timer of 4000 s refreshed by UPDATE", () => {
  const bed = new Bed({
    mode: "request",
    expiresSeconds: 50,
    allowShortTimers: true,
  });
  const asked: (number | undefined)[] = [];
  let sent = bed.timer.outgoing("INVITE", new Headers());
  for (const minSe of [3600, 4000]) {
    asked.push(sent.expires?.seconds);
    assertEquals(
      bed.timer.raise(response(422, `Min-SE: ${minSe}`), sent),
      true,
    );
    sent = bed.timer.outgoing("INVITE", new Headers());
    assertEquals(sent.minSeSeconds, minSe);
  }
  asked.push(sent.expires?.seconds);
  assertEquals(asked, [50, 3600, 4000]);
  bed.timer.succeeded(
    "INVITE",
    response(
      200,
      "Require: timer",
      "Session-Expires: 4000;refresher=uac",
      ALLOW_UPDATE,
    ),
    sent,
  );
  bed.until(2000);
  assertEquals(bed.attempts, ["UPDATE@2000"]);
  assertEquals(
    bed.sent[0]?.headers.get("Session-Expires"),
    "4000;refresher=uac",
  );
  bed.answer(200, "Require: timer", "Session-Expires: 4000;refresher=uac");
  // The callee hears no refresh after that, and sends BYE.
  assertEquals(bed.timer.deadlineMs, 5_968_000);
  bed.assertNothingLeft();
});

Deno.test("two Legworks, every mode and wish against every other: at most one side refreshes", () => {
  const modes = ["off", "accept", "request", "always"] as const;
  const wishes = ["auto", "us", "them"] as const;
  for (const callerMode of modes) {
    for (const calleeMode of modes) {
      for (const callerWish of wishes) {
        for (const calleeWish of wishes) {
          const title =
            `${callerMode} ${callerWish}, ${calleeMode} ${calleeWish}`;
          const caller = new Bed({ mode: callerMode, refresher: callerWish });
          const callee = new Bed({ mode: calleeMode, refresher: calleeWish });
          call(caller, callee);
          const roles = [caller, callee].map(({ timer }) =>
            timer.agreement?.weRefresh
          );
          const alone = [caller, callee].some(({ timer }) =>
            timer.agreement?.alone
          );
          const asks = callerMode === "request" || callerMode === "always" ||
            calleeMode === "request" || calleeMode === "always";
          if (callerMode === "off" || calleeMode === "off") {
            // Whoever insists does it alone, the other hears of no timer.
            const insists = callerMode === "always" || calleeMode === "always";
            assertEquals(alone, insists, title);
          } else if (!asks) {
            assertEquals(roles, [undefined, undefined], title);
          } else {
            assertEquals(alone, false, title);
            assertEquals(roles.filter(Boolean).length, 1, title);
          }
          caller.assertNothingLeft();
          callee.assertNothingLeft();
        }
      }
    }
  }
});

/** An INVITE of one bed, answered by the other. */
function call(caller: Bed, callee: Bed): void {
  const asked = new Headers();
  const sent = caller.timer.outgoing("INVITE", asked);
  const invite = request("INVITE", ...linesOf(asked));
  assertEquals(callee.timer.incoming(invite), undefined);
  const answered = new Headers();
  callee.timer.answering(invite, answered);
  caller.timer.succeeded("INVITE", response(200, ...linesOf(answered)), sent);
}

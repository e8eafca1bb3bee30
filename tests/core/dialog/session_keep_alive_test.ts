import { assertEquals } from "@std/assert";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import type { OutgoingUser } from "../../../core/dialog/outgoing.ts";
import type { RefreshStep } from "../../../core/dialog/refresh_steps.ts";
import {
  type KeepAliveMethod,
  SessionKeepAlive,
} from "../../../core/dialog/session_keep_alive.ts";
import type { Headers } from "../../../core/message/headers.ts";
import { SipResponse } from "../../../core/message/message.ts";

/** A keep-alive on a virtual clock, its session and its owner played by the test. */
class Bed {
  readonly clock = new TimerWheel();
  /** What was sent, as `60 INFO`. */
  readonly sent: string[] = [];
  readonly log: string[] = [];
  readonly remembered: string[] = [];
  readonly refused = new Set<string>();
  inviteInProgress = false;
  lastHeaders: Headers | undefined;
  #user: OutgoingUser | undefined;
  keepAlive: SessionKeepAlive | undefined;

  start(method: KeepAliveMethod, more: { misses?: number } = {}): this {
    const nameOf = (step: RefreshStep): string =>
      `${step.method}${step.withSdp ? " SDP" : ""}`;
    this.keepAlive = new SessionKeepAlive({
      clock: this.clock,
      settings: { method, intervalSeconds: 60, misses: more.misses ?? 2 },
      session: this,
      owner: {
        refusals: {
          refuses: (step) => this.refused.has(nameOf(step)),
          remember: (step) => void this.remembered.push(nameOf(step)),
          forget(): void {},
        },
        onKeepAliveResponse: (response) => response,
        onKeepAliveMissed: (inRow) => void this.log.push(`missed ${inRow}`),
        onPeerGone: () => void this.log.push("gone"),
      },
    });
    this.keepAlive.start();
    return this;
  }

  request(
    method: KeepAliveMethod,
    { parts, user }: { parts: { headers: Headers }; user: OutgoingUser },
  ): void {
    this.sent.push(`${this.clock.now() / 1000} ${method}`);
    this.lastHeaders = parts.headers;
    this.#user = user;
  }

  pass(seconds: number): void {
    this.clock.advance(this.clock.now() + seconds * 1000);
  }

  answer(status: number): void {
    this.#user?.onResponse(new SipResponse(status, ""));
  }

  fail(failure: Parameters<OutgoingUser["onFailure"]>[0]): void {
    this.#user?.onFailure(failure);
  }

  [Symbol.dispose](): void {
    this.keepAlive?.stop();
    assertEquals(this.clock.pending, 0);
  }
}

Deno.test("a keep-alive goes each interval; whatever proves life keeps the call", () => {
  using bed = new Bed().start("INFO");
  for (const status of [200, 202, 403, 404, 415, 480, 488, 491, 500, 603]) {
    bed.pass(60);
    bed.answer(100);
    bed.answer(status);
  }
  assertEquals(bed.log, []);
  assertEquals(bed.sent.length, 10);
  assertEquals(bed.sent.at(-1), "600 INFO");
});

Deno.test("none overtakes another: the next waits for the answer of the last", () => {
  using bed = new Bed().start("INFO");
  bed.pass(200);
  assertEquals(bed.sent, ["60 INFO"]);
  bed.answer(200);
  bed.pass(60);
  assertEquals(bed.sent, ["60 INFO", "260 INFO"]);
});

Deno.test("what proves no life is a miss: two in a row end the call, one never does", () => {
  for (const status of [408, 430, 481, 504]) {
    using bed = new Bed().start("INFO");
    bed.pass(60);
    bed.answer(status);
    bed.pass(30);
    bed.answer(200);
    bed.pass(60);
    bed.answer(status);
    assertEquals(bed.log, ["missed 1", "missed 1"]);
    bed.pass(30);
    bed.answer(status);
    assertEquals(bed.log.at(-1), "gone");
    bed.pass(600);
    assertEquals(bed.sent, ["60 INFO", "90 INFO", "150 INFO", "180 INFO"]);
  }
});

Deno.test("after silence OPTIONS asks, which every stack knows", () => {
  using bed = new Bed().start("INFO", { misses: 3 });
  bed.pass(60);
  bed.fail("timeout");
  bed.pass(30);
  // RFC 3261 §11.1: "An Accept header field SHOULD be included".
  assertEquals(bed.lastHeaders?.first("accept")?.value, "application/sdp");
  bed.fail("transport");
  bed.pass(30);
  bed.fail("unresolved");
  assertEquals(bed.sent, ["60 INFO", "90 OPTIONS", "120 OPTIONS"]);
  assertEquals(bed.log, ["missed 1", "missed 2", "gone"]);
});

Deno.test("a request of the peer's forgives a miss", () => {
  using bed = new Bed().start("INFO");
  bed.pass(60);
  bed.fail("timeout");
  bed.keepAlive?.heard();
  bed.pass(30);
  bed.fail("timeout");
  assertEquals(bed.log, ["missed 1", "missed 1"]);
});

Deno.test("405 and 501 turn to OPTIONS; of UPDATE it is remembered", () => {
  for (const status of [405, 501]) {
    using bed = new Bed().start("UPDATE");
    bed.pass(60);
    bed.answer(status);
    bed.pass(60);
    bed.answer(status);
    bed.pass(60);
    assertEquals(bed.sent, ["60 UPDATE", "120 OPTIONS", "180 OPTIONS"]);
    assertEquals(bed.remembered, ["UPDATE"]);
    assertEquals(bed.log, []);
  }
  using bed = new Bed();
  bed.refused.add("UPDATE");
  bed.start("UPDATE").pass(60);
  assertEquals(bed.sent, ["60 OPTIONS"]);
});

Deno.test("UPDATE waits while an INVITE is open, the others do not", () => {
  using bed = new Bed();
  bed.inviteInProgress = true;
  bed.start("UPDATE").pass(70);
  assertEquals(bed.sent, []);
  bed.inviteInProgress = false;
  bed.pass(2);
  assertEquals(bed.sent, ["72 UPDATE"]);
  using other = new Bed();
  other.inviteInProgress = true;
  other.start("INFO").pass(60);
  assertEquals(other.sent, ["60 INFO"]);
});

Deno.test("nothing is sent or said once the session is over", () => {
  using bed = new Bed().start("INFO");
  bed.pass(60);
  bed.keepAlive?.stop();
  bed.fail("ended");
  bed.fail("timeout");
  bed.answer(481);
  bed.pass(600);
  assertEquals([bed.sent, bed.log], [["60 INFO"], []]);
});

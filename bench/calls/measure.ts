/** One kind of server: what a call costs at each rate, what a held call takes of memory. */

import { pause } from "../../tests/interop/support/ports.ts";
import { percentile } from "../ratio.ts";
import type { HeldCell, RateCell } from "../results.ts";
import type { Open } from "./server.ts";
import { Session } from "./session.ts";
import { rssKb } from "./usage.ts";

/** Calls that go through a server before anything is read, so that code is compiled and buffers have grown. */
const WARM_UP_CALLS = { quick: 500, full: 3000 };
const WARM_UP_PER_SECOND = 500;
const RAMP_PER_SECOND = 500;
/** From the last setup until memory is read. */
const HELD_MS = 2000;
/** RFC 3261: a transaction waits 32 s after its final response; within as long again memory is given back. */
const ALL_OVER_MS = 75_000;

/** Offers each rate for so many seconds to one process, in turn; `onCell` hears of each at once. */
export async function measureRates(
  [server, open]: readonly [name: string, open: Open],
  load: { rates: readonly number[]; seconds: number; quick: boolean },
  onCell: (cell: RateCell) => void,
): Promise<void> {
  await using session = await Session.open(open);
  await session.offer({
    calls: load.quick ? WARM_UP_CALLS.quick : WARM_UP_CALLS.full,
    perSecond: WARM_UP_PER_SECOND,
    scenario: "caller",
  });
  for (const perSecond of load.rates) {
    const calls = perSecond * load.seconds;
    const got = await session.offer({ calls, perSecond, scenario: "caller" });
    const p50 = percentile(got.setupsMs, 0.5);
    const p99 = percentile(got.setupsMs, 0.99);
    onCell({
      server,
      perSecond,
      completed: got.completed,
      failed: got.failed,
      retransmitted: got.retransmitted,
      cpuMicrosPerCall: Math.round(got.cpuMicrosPerCall),
      setupMs: p50 === undefined || p99 === undefined ? null : { p50, p99 },
    });
  }
}

/**
 * Holds calls on a process of its own. Where time is no matter, all transactions of what was before are over first;
 * quick, they are still there, in both figures.
 */
export async function measureHeld(
  [server, open]: readonly [name: string, open: Open],
  load: { held: readonly number[]; quick: boolean },
  onCell: (cell: HeldCell) => void,
): Promise<void> {
  const most = Math.max(...load.held);
  const holdMs = rampMs(most) + 2 * HELD_MS;
  await using session = await Session.open(open, { longestMs: holdMs });
  await session.offer({
    calls: load.quick ? WARM_UP_CALLS.quick : most,
    perSecond: WARM_UP_PER_SECOND,
    scenario: "caller",
  });
  for (const calls of load.held) {
    if (!load.quick) await pause(ALL_OVER_MS);
    const beforeKb = await rssKb(session.pid);
    const ended = session.offer({
      calls,
      perSecond: RAMP_PER_SECOND,
      holdMs: rampMs(calls) + 2 * HELD_MS,
      scenario: "caller",
    });
    await pause(rampMs(calls) + HELD_MS);
    const heldKb = await rssKb(session.pid);
    const { failed, retransmitted } = await ended;
    onCell({ server, calls, failed, retransmitted, beforeKb, heldKb });
  }
}

function rampMs(calls: number): number {
  return calls / RAMP_PER_SECOND * 1000;
}

/** One kind of server: what a call costs at each rate, what a held call takes of memory. */

import { pause } from "../../tests/interop/support/ports.ts";
import { percentile } from "../ratio.ts";
import type { HeldCell, RateCell } from "../results.ts";
import type { Open } from "./server.ts";
import { Session } from "./session.ts";
import { rssKb } from "./usage.ts";

/**
 * Calls that go through a server before anything is read. Buffers have grown within a thousand, but the engine compiles
 * for some ten thousand more, on another thread whose time counts.
 */
const WARM_UP_CALLS = { quick: 1500, full: 15_000 };
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
 * Sets up as many calls as the greatest size, on a process of its own, and reads its memory as each size is reached.
 * First all transactions of what was before are over; quick, they are still there, in every figure.
 */
export async function measureHeld(
  [server, open]: readonly [name: string, open: Open],
  load: { held: readonly number[]; quick: boolean },
  onCell: (cell: HeldCell) => void,
): Promise<void> {
  const sizes = load.held.toSorted((a, b) => a - b);
  const most = sizes.at(-1) ?? 0;
  const holdMs = rampMs(most) + 2 * HELD_MS;
  await using session = await Session.open(open, { longestMs: holdMs });
  await session.offer({
    calls: load.quick
      ? WARM_UP_CALLS.quick
      : Math.max(most, WARM_UP_CALLS.full),
    perSecond: WARM_UP_PER_SECOND,
    scenario: "caller",
  });
  if (!load.quick) await pause(ALL_OVER_MS);
  const beforeKb = await rssKb(session.pid);
  const perSecond = RAMP_PER_SECOND;
  const scenario = "caller";
  const ended = session.offer({ calls: most, perSecond, holdMs, scenario });
  const read: { calls: number; heldKb: number }[] = [];
  let reached = 0;
  for (const calls of sizes) {
    await pause(rampMs(calls - reached) + (calls === most ? HELD_MS : 0));
    reached = calls;
    read.push({ calls, heldKb: await rssKb(session.pid) });
  }
  // A call that failed was not held at any size.
  const { failed, retransmitted } = await ended;
  for (const size of read) {
    onCell({ server, ...size, failed, retransmitted, beforeKb });
  }
}

function rampMs(calls: number): number {
  return calls / RAMP_PER_SECOND * 1000;
}

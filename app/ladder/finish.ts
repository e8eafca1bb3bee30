/** How a run ends: the call is over as the ladder has it, and then nothing is left of it. */

import type { Ladder } from "./ladder.ts";
import type { RunLog } from "./run_log.ts";
import type { World } from "./world.ts";

/** Longest lived is what waits for an ACK or a retransmission: RFC 3261 table 4, Timers B, F, H and J. */
const LINGER_T1 = 64;
/** What may come on top: T4, a message that is late. */
const LINGER_MARGIN_MS = 15_000;

/** Ends a run, sets its failure where something is left, and tells what came of everything. */
export async function finish(
  run: {
    ladder: Ladder;
    world: World;
    log: RunLog;
    /** The peers hang up now: what is sent from here on is no step of the ladder. */
    hangingUp: () => void;
  },
): Promise<{ outcome: string[] }> {
  const { ladder, world, log } = run;
  const established = ladder.settings.end === "established";
  // Keep-alives and registrations would go on for ever.
  world.b2bua.retire();
  if (log.failure === undefined) {
    await linger(run);
    const { calls } = world.b2bua.census;
    if (established && calls === 0) {
      fail(run, "the call is over, wanted it established");
    } else if (!established && calls > 0) {
      fail(
        run,
        "the call is not over, wanted it ended (or the setting `end: established`)",
      );
    }
  }
  const outcome = [...world.peers.values()].flatMap((peer) => peer.outcome);
  if (established && log.failure === undefined) {
    run.hangingUp();
    for (const peer of world.peers.values()) peer.reflex();
    [...world.peers.values()].find((peer) => peer.up)?.hangUp();
    await linger(run);
  }
  for (const { from, to, status, endedBy, cause } of world.summaries) {
    outcome.push(
      `call ${from} to ${to ?? "nobody"}: ${status}, ${cause} by ${endedBy}`,
    );
  }
  const left = await world.close();
  if (left.length > 0) {
    fail(run, `${left.join(", ")} left, wanted nothing left`);
  }
  return { outcome };
}

/** Lets everything run out that runs out by itself. */
export async function linger(
  run: { world: World; log: RunLog },
): Promise<void> {
  const { world, log } = run;
  const untilMs = world.clock.now() + LINGER_T1 * world.timers.t1Ms +
    LINGER_MARGIN_MS;
  while (
    world.clock.now() < untilMs && log.failure === undefined
  ) await world.step(untilMs);
}

function fail(run: { world: World; log: RunLog }, message: string): void {
  run.log.fail({
    step: undefined,
    message,
    atMs: run.world.clock.now(),
  });
}

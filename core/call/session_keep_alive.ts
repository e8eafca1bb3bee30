/** The keep-alives that we send on one leg of a call: what its trunk wants, and what is told of them. */

import { SessionKeepAlive } from "../dialog/session_keep_alive.ts";
import type { Session } from "../dialog/session.ts";
import type { CallContext } from "./call_context.ts";
import type { LegTimerUser } from "./leg_timer.ts";
import type { LegView } from "./policy.ts";

/** Begins to send them, where the leg's trunk wants any. */
export function keepAlive(
  session: Session | undefined,
  { context, leg }: {
    context: CallContext;
    leg: LegTimerUser & LegView;
  },
): void {
  const { trunks, clock, observer, refusals } = context;
  const { trunk } = leg;
  const settings = trunk === undefined
    ? undefined
    : trunks.get(trunk)?.sessionKeepAlive;
  if (session === undefined || settings === undefined) return;
  session.keepAlive = new SessionKeepAlive({
    clock,
    settings,
    session,
    owner: {
      refusals: refusals.of({ trunk, contact: session.dialog.remoteTarget }),
      onKeepAliveResponse: (response) => leg.seen(response),
      onKeepAliveMissed: (inRow) => {
        observer.count("session_keep_alives_missed");
        observer.log({
          level: "warn",
          text: "A peer gave no sign of life within a call",
          fields: {
            call: leg.call?.id ?? "",
            leg: leg.name,
            peer: trunk ?? leg.peer,
            misses: `${inRow} of ${settings.misses}`,
          },
        });
      },
      onPeerGone: () => {
        observer.count("session_keep_alives_missed");
        observer.count("session_keep_alives_ended");
        leg.endBoth("keep-alive");
      },
    },
  });
  session.keepAlive.start();
}

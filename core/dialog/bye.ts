/** The request that ends a session (RFC 3261 section 15.1.1). */

import type { RequestParts } from "./dialog.ts";
import { Outgoing, type OutgoingHost } from "./outgoing.ts";

/**
 * A BYE, not yet sent. §15.1.1: "If the response for the BYE is a 481 [...] or a 408 [...] or no response at all is
 * received for the BYE [...], the UAC MUST consider the session and the dialog terminated": so `done` is called
 * whatever comes.
 */
export function byeOf(
  session: OutgoingHost,
  { parts, done }: { parts: RequestParts; done: () => void },
): Outgoing {
  return new Outgoing(session, "BYE", {
    parts,
    user: {
      onResponse: ({ status }) => {
        if (status >= 200) done();
      },
      onFailure: done,
    },
    retryGlare: false,
  });
}

/** What we say of ourselves in answer to OPTIONS. */

import type { Headers } from "../message/headers.ts";
import type { CallContext } from "./call_context.ts";
import { METHODS } from "./header_policy.ts";
import { timerSettings } from "./leg_timer.ts";

/** RFC 3261 section 11.2: "Allow, Accept, Accept-Encoding, Accept-Language, and Supported header fields SHOULD be present". */
export function addCapabilities(
  headers: Headers,
  { context, trunk }: {
    context: Pick<CallContext, "trunks">;
    trunk: string | undefined;
  },
): void {
  // RFC 4028 §5: who knows session timers says so by the tag; a trunk may have them switched off.
  const { mode } = timerSettings(context, trunk);
  const capabilities: readonly [string, string][] = [
    ["Allow", METHODS.join(", ")],
    ["Accept", "application/sdp, */*"],
    ["Accept-Encoding", "identity"],
    ["Accept-Language", "en"],
    ["Supported", mode === "off" ? "" : "timer"],
  ];
  for (const [name, value] of capabilities) {
    if (!headers.has(name)) headers.append(name, value);
  }
}

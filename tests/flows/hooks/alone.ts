/** A call that has one side, and relays that have nobody to go to. */

import { type KeepAlive, relay } from "legwork";
import { onInvite } from "./concierge.ts";

export { onInvite };

export function onKeepAlive(_ping: KeepAlive) {
  return relay();
}

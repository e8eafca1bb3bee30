/** onKeepAlive of the ladders, outside calls. */

import { answer, ignore, type KeepAlive, reject, relay } from "legwork";

export function onKeepAlive(ping: KeepAlive) {
  const { kind, leg } = ping;
  if (leg.trunk === "pbx") {
    return kind === "options" ? reject(480, "Go Away") : ignore();
  }
  return kind === "options"
    ? relay()
    : answer(204, { headers: { "X-Count": String(ping.count) } });
}

/** Asked where onKeepAlive says nothing, and not otherwise. */
export function onRequest() {
  throw new Error("onRequest was asked");
}

// How sessions are kept alive, peer by peer. Try it:
//   deno run -P mod.ts test examples/10_keepalive_and_refresh_policy
//   deno run -P mod.ts run examples/10_keepalive_and_refresh_policy/legwork.yaml --ladder

import {
  type Call,
  ignore,
  type KeepAlive,
  type Refresh,
  refresh,
  relay,
  route,
} from "legwork";

export function onInvite(call: Call) {
  return route(call.trunk === "carrier" ? "pbx" : "carrier");
}

/** An old PBX takes an UPDATE for an attack; a re-INVITE with SDP it knows. */
export function onRefresh(due: Refresh) {
  if (due.leg.trunk === "pbx") return refresh("INVITE", { sdp: true });
  return due.peerAllowsUpdate ? "UPDATE" : "INVITE";
}

/**
 * The carrier's pings are answered at the door. The PBX's OPTIONS go all the way, so that it sees how the carrier is:
 * within a call by the other leg, outside by the route table.
 */
export function onKeepAlive(ping: KeepAlive) {
  const { kind, leg } = ping;
  if (leg.trunk === "pbx" && kind === "options") return relay();
  // A peer that pings without end is not worth an answer each time.
  if (leg.trunk === undefined && ping.count > 100) return ignore();
  return undefined;
}

// How sessions are kept alive, peer by peer. Try it:
//   deno run -P mod.ts test examples/10_keepalive_and_refresh_policy
//   deno run -P mod.ts run examples/10_keepalive_and_refresh_policy/legwork.yaml --ladder

import {
  answer,
  type Call,
  ignore,
  type KeepAlive,
  type Refresh,
  refresh,
  reject,
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

/** Pings are answered where they arrive; those of strangers are not. */
export function onKeepAlive(ping: KeepAlive) {
  if (ping.kind === "crlf" || ping.kind === "stun") return ignore();
  return ping.leg.trunk === undefined ? reject(403) : answer(200);
}

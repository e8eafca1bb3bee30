/** onKeepAlive of the ladders: by the leg it came on, and what it came as. */

import { answer, ignore, type KeepAlive, reject, relay } from "legwork";

export function onKeepAlive(ping: KeepAlive) {
  if (ping.leg.trunk === "pbx") return relay();
  switch (ping.kind) {
    case "info":
      return answer(200, { headers: { "X-Count": String(ping.count) } });
    case "message":
      return reject(403, "No Pings By MESSAGE");
    case "options":
      return ping.leg.call === undefined ? relay() : undefined;
    case "notify":
      return ignore();
    case "update":
      return answer(200, { headers: { "X-Seen": ping.address } });
  }
  return undefined;
}

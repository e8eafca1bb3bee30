/** onKeepAlive as its author writes it: run plain and in the sandbox by keep_alive_events_test.ts. */

import { answer, ignore, type KeepAlive, reject, relay } from "legwork";

/** The call is answered here: it has one side. */
export function onInvite() {
  const body = [
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.9",
    "s=-",
    "c=IN IP4 192.0.2.9",
    "t=0 0",
    "m=audio 40000 RTP/AVP 0",
    "",
  ].join("\r\n");
  return answer(200, { body });
}

export function onKeepAlive(ping: KeepAlive) {
  const { kind, leg, count, intervalSeconds, bytes, message } = ping;
  switch (kind) {
    case "stun":
      return ignore();
    case "nul":
      return relay();
    case "message":
      return reject(403, "Not By Text");
    case "update":
      return undefined;
  }
  const place = leg.call === undefined ? "outside" : `of ${leg.call.from.user}`;
  const seen = [kind, place, leg.name, leg.trunk ?? "-", ping.address, count];
  return answer(202, {
    headers: {
      "X-Ping": seen.join(" "),
      "X-Each": String(intervalSeconds),
      "X-Size": bytes > 200 && bytes < 600 ? "plausible" : String(bytes),
      "X-Event": message?.headers.get("Event") ?? "-",
    },
  });
}

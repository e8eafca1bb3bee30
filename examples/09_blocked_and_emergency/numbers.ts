// Emergency calls go out by every line there is, whoever calls. Numbers on the block list, and callers who try too
// often, are refused. The list is in the store, which a file keeps over restarts.

import { type Call, log, reject, route, store } from "legwork";

const EMERGENCY = ["110", "112", "911"];
const PREMIUM = /^(\+49|0)900/;
const MOST_TRIES = 2;
const A_MINUTE = { expiresSeconds: 60 };
const AN_HOUR = { expiresSeconds: 3_600 };

export async function onLoad(): Promise<void> {
  for (const number of ["+4915550001", "+4915550002"]) {
    await store.set(`blocked:${number}`, "by the owner");
  }
}

export async function onInvite(call: Call) {
  if (call.trunk === "pbx") return outgoing(call.uri.user);
  const number = call.from.user;
  const why = await store.get(`blocked:${number}`);
  if (why !== undefined) {
    await store.increment(`refused:${number}`);
    return reject(603, "Decline");
  }
  // Somebody who tries again and again is kept out for an hour.
  const tries = await store.increment(`tries:${number}`, 1, A_MINUTE);
  if (tries > MOST_TRIES) {
    log(`${number} is kept out after ${tries} calls in a minute`);
    await store.set(`blocked:${number}`, "too many calls", AN_HOUR);
    return reject(603, "Decline");
  }
  return route("pbx");
}

function outgoing(dialled: string) {
  // The shortest way, and then the other one: nothing above may stand in the way of these.
  if (EMERGENCY.includes(dialled)) return route("emergency", "carrier");
  if (PREMIUM.test(dialled)) return reject(403, "Premium Numbers Are Barred");
  return route("carrier");
}

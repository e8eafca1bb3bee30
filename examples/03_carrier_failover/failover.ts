// The routes of legwork.yaml name the order; this says which failures are a reason to go on.

import {
  type Call,
  type Failure,
  type Leg,
  log,
  type Message,
  next,
  relay,
} from "legwork";

// What says something about the carrier, not about the callee: it is down, full, slow or unwilling.
const CARRIER_TROUBLE = [403, 408, 500, 502, 503, 504];

export function onFailure(call: Call, failure: Failure) {
  if (!CARRIER_TROUBLE.includes(failure.status)) return relay();
  if (failure.remaining === 0) return relay();
  call.vars.gaveUp = `${failure.target}: ${failure.status}`;
  log(`${call.id}: ${failure.target} failed with ${failure.status}`);
  return next();
}

export const outbound = {
  // Tells the second carrier why the call comes to it.
  "INVITE": (message: Message, leg: Leg) => {
    const gaveUp = leg.call?.vars.gaveUp;
    if (leg.name === "b" && typeof gaveUp === "string") {
      message.headers.set("X-Tried", gaveUp);
    }
  },
};

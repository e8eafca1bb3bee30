// Numbers are rewritten as a message leaves, for the side it goes to: E.164 for the carrier, as dialled for the PBX.

import type { Leg, Message } from "legwork";
import { BERLIN, fromE164, toE164 } from "./plan.ts";

// Fields that hold numbers of people; one of them may have several values.
const FIELDS = ["P-Asserted-Identity", "P-Preferred-Identity", "Diversion"];

export const outbound = {
  "INVITE": (message: Message, leg: Leg) => {
    rewriteFields(message, leg);
    if (message.headers.get("To")?.includes("tag=")) return; // within a dialog it decides these
    for (const { uri } of [message, message.from, message.to]) {
      uri.user = rewritten(uri.user, leg);
    }
  },
  // Who has answered, for the display of the caller's telephone (RFC 3325 section 9.1).
  "18x INVITE": rewriteFields,
  "2xx INVITE": rewriteFields,
};

function rewriteFields(message: Message, leg: Leg): void {
  for (const name of FIELDS) {
    for (const address of message.addresses(name)) {
      address.user = rewritten(address.user, leg);
    }
  }
}

function rewritten(user: string, leg: Leg): string {
  return leg.trunk === "carrier"
    ? toE164(user, BERLIN)
    : fromE164(user, BERLIN);
}

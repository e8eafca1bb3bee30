// What each side sends is made fit for the other. No decision is taken here: the routes of legwork.yaml stand.

import type { Leg, Message } from "legwork";

const HOME = "+49";

export const inbound = {
  "INVITE": (message: Message, leg: Leg) => {
    // Only our own PBX may say who calls: what a carrier asserts has been checked by nobody here.
    if (leg.trunk === "carrier") message.headers.delete("P-Asserted-Identity");
    // An old PBX dials 0049..., 00331..., 030...
    if (leg.trunk === "pbx") message.uri.user = e164(message.uri.user);
  },
};

export const outbound = {
  "INVITE": (message: Message, leg: Leg) => {
    if (leg.trunk !== "carrier") return;
    message.from.user = e164(message.from.user);
    message.headers.set(
      "P-Asserted-Identity",
      `<sip:${message.from.user}@carrier.example;user=phone>`,
    );
    // The name under which this PBX sends what RFC 5806 calls Diversion.
    message.headers.rename("X-Forwarded-By", "Diversion");
  },
  // Whatever leaves, in either direction: the carrier bars calls by product name, and internal notes are internal.
  "*": (message: Message) => {
    message.headers.set("User-Agent", "PBX-12");
    for (const name of message.headers.names()) {
      if (/^X-Internal-/i.test(name)) message.headers.delete(name);
    }
  },
};

function e164(number: string): string {
  if (number.startsWith("00")) return `+${number.slice(2)}`;
  if (number.startsWith("0")) return HOME + number.slice(1);
  return number;
}

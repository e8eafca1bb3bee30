// Header rules for a carrier, one after another, as a border controller's table has them. Each stands in README.md
// beside the rule it takes the place of.

import type { Leg, Message } from "legwork";

export const outbound = {
  "INVITE": (message: Message, leg: Leg) => {
    if (leg.trunk !== "carrier") return;
    const identity = message.address("P-Asserted-Identity");

    // 1. Identities are in the carrier's domain.
    for (const each of message.addresses("P-Asserted-Identity")) {
      if (each.uri.scheme === "sip") each.host = "carrier.example";
    }
    // 2. Who is asserted to call is who calls.
    if (identity !== undefined) message.from.user = identity.user;
    // 3. Who wants to be anonymous wants it by Privacy too (RFC 3323, RFC 3325).
    if (message.from.user === "anonymous") message.privacy.add("id");
    // 4. The carrier bills who diverted the call: its main number, whoever it was.
    const [diversion] = message.diversions();
    if (diversion !== undefined) diversion.user = "+49301234567";
    // 5. What the carrier does not know.
    message.headers.delete("Remote-Party-ID");
    message.headers.rename("X-Account", "P-Account");
    // 6. Twenty milliseconds a packet.
    for (const media of message.sdp?.media ?? []) {
      if (media.attributes.has("ptime")) media.attributes.set("ptime", "20");
    }
  },
  // 7. "Unassigned number" tells a PBX what to announce; this one reads the cause and not the status.
  "404 INVITE": (message: Message, leg: Leg) => {
    if (leg.trunk === "pbx") {
      message.setReason("Q.850", { cause: 1, text: "Unassigned number" });
    }
  },
  // 8. Nobody is told what we are.
  "*": (message: Message) => {
    message.headers.delete("User-Agent");
    message.headers.delete("Server");
  },
};

import type { Leg, Message } from "legwork";

export const inbound = {
  "INVITE": (message: Message) => {
    message.headers.delete("P-Asserted-Identity");
  },
  "18x INVITE": (message: Message) => {
    message.headers.set("X-Ringing", "yes");
  },
};

export const outbound = {
  "*": (message: Message, leg: Leg) => {
    if (message.kind === "request" && leg.name === "b") {
      message.headers.set("User-Agent", "PBX-12");
    }
  },
};

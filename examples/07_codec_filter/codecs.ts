// What each side is offered. Every message is filtered alike, offers and answers, so that what one side was offered is
// all that the other can answer with (RFC 3264 section 6.1); everything else in the description stays as it came.

import { type Call, type Leg, type Message, reject } from "legwork";

export function onInvite(call: Call) {
  const audio = call.sdp?.media.find((media) => media.kind === "audio");
  const fits = ["PCMA", "PCMU"].some((name) => audio?.codecs.has(name));
  // RFC 3261 section 21.4.26: 488 says that another description may do.
  return call.sdp === undefined || fits ? undefined : reject(488);
}

export const outbound = {
  "*": (message: Message, leg: Leg) => {
    for (const media of message.sdp?.media ?? []) {
      if (media.kind !== "audio") {
        media.disable(); // port 0: refused, and still in its place
      } else if (leg.trunk === "pbx") {
        media.codecs.keep("PCMA", "PCMU"); // and telephone-event: keys go on working
        media.attributes.set("ptime", "20");
      } else {
        media.codecs.prefer("PCMA");
      }
    }
  },
};

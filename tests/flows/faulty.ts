import type { Call, Message } from "legwork";

export function onInvite(call: Call): never {
  throw new Error(`no idea where ${call.to.user} is`);
}

export const outbound = {
  "INVITE": (message: Message) => {
    message.headers.set("X-Half-Done", "yes");
    message.headers.set("Call-ID", "mine");
  },
};

import { type Call, type Message, reject, route } from "legwork";

export function onInvite(call: Call) {
  if (call.from.user === "anonymous") return reject(433);
  return route("pbx");
}

export const outbound = {
  "INVITE": (message: Message) => message.headers.set("X-Demo", "by route.ts"),
};

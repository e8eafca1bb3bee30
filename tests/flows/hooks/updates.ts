import { answer, type Call, reject, relay, type Update } from "legwork";

export function onUpdate(_call: Call, update: Update) {
  switch (update.message.headers.get("X-Do")) {
    case "answer":
      return answer();
    case "relay":
      return relay();
    case "reject":
      return reject(488, `No ${update.kind}`, { Warning: '399 a "no"' });
  }
  return undefined;
}

export const outbound = {};

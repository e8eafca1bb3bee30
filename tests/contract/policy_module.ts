/** One policy as its author writes it: run as a plain module and in the sandbox by policy_test.ts. */

import {
  answer,
  type Call,
  drop,
  type Failure,
  type Leg,
  type Message,
  next,
  redirect,
  reject,
  relay,
  route,
  type Summary,
} from "legwork";

const BLOCKED = new Set(["666", "667"]);

export function onInvite(call: Call) {
  call.vars.tries = 0;
  if (BLOCKED.has(call.from.user)) {
    return reject(603, "Declined", { "X-Why": "blocked" });
  }
  if (call.uri.user.startsWith("00")) {
    return redirect(`sip:+${call.uri.user.slice(2)}@gw.example`);
  }
  if (call.headers.has("X-Silent")) return;
  return route(
    "pbx",
    { to: "carrier", timeoutSeconds: 20, headers: { "X-Plan": ["b", "c"] } },
    { parallel: true, timeoutSeconds: 60 },
  );
}

export async function onFailure(call: Call, failure: Failure) {
  await Promise.resolve();
  const tries = Number(call.vars.tries) + 1;
  call.vars.tries = tries;
  if (failure.status === 486) return relay();
  return tries < 3 && failure.remaining > 0 ? next() : reject(480);
}

export function onRequest(request: Message, leg: Leg) {
  if (request.method === "OPTIONS") {
    return answer(200, { headers: { "X-Trunk": leg.trunk ?? "none" } });
  }
  if (request.method === "MESSAGE") return drop();
  return;
}

export function onEnd(call: Call, summary: Summary) {
  call.vars.ended = `${summary.endedBy} ${summary.status}`;
}

export const inbound = {
  "INVITE": (message: Message, leg: Leg) => {
    message.headers.set("X-Peer", leg.peer);
    message.from.user = message.from.user.toUpperCase();
    if (message.to.user === "nobody") return reject(404);
    return;
  },
  "18x INVITE": (message: Message) => {
    message.headers.append("X-Status", String(message.status));
  },
};

export const outbound = {
  "*": (message: Message) => {
    if (message.headers.has("X-Bad")) message.headers.set("Via", "mine");
    message.headers.delete("X-Note");
    message.uri.text = "sip:other@example.net";
    message.uri.port = 5080;
    message.body = message.body.replace("a", "b");
  },
};

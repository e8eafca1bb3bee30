/** The hooks of single events as their author writes them: run plain and in the sandbox by policy_events_test.ts. */

import {
  accept,
  answer,
  type Answered,
  type Call,
  type Dtmf,
  ignore,
  type KeepAlive,
  type Leg,
  type Message,
  perform,
  type Progress,
  type Refer,
  type Refresh,
  refresh,
  reject,
  relay,
  replace,
  skip,
  suppress,
  type Target,
  type Update,
} from "legwork";

export function onTarget(call: Call, target: Target) {
  call.vars.tried = `${target.number}.${target.attempt} ${target.uri}`;
  return target.trunk === "pbx" ? skip() : relay();
}

export function onProgress(call: Call, progress: Progress) {
  if (call.from.user === "quiet") return suppress();
  if (progress.message.headers.has("X-Note")) {
    return replace(180, { body: "" });
  }
  return progress.status === 199 ? reject(480, progress.reason) : undefined;
}

export function onAnswer(_call: Call, answered: Answered) {
  return answered.leg.trunk === "carrier" ? relay() : reject(488);
}

export function onUpdate(_call: Call, update: Update) {
  switch (update.kind) {
    case "hold":
      return answer(200, { headers: { "X-Held": update.method } });
    case "codec":
      return reject(488, "Not Now");
    case "refresh":
      return relay();
  }
  return undefined;
}

export function onRefresh(due: Refresh) {
  const [last] = due.lastOutcomes;
  if (due.secondsLeft < 10) return skip();
  if (last?.result === 500) return refresh("OPTIONS", { sdp: false });
  if (due.peerAllow.includes("PING")) return refresh("OPTIONS");
  if (!due.peerAllowsUpdate) {
    return refresh("INVITE", { headers: { "X-Leg": due.leg.name } });
  }
  return due.leg.trunk === "carrier" ? "UPDATE" : undefined;
}

export function onKeepAlive(ping: KeepAlive) {
  if (ping.kind === "crlf") return ignore();
  if (ping.kind === "info") return relay();
  if (ping.message?.method === "OPTIONS") return answer(200);
  return ping.leg.call === undefined ? reject(405) : undefined;
}

export function onDtmf(_call: Call, key: Dtmf) {
  switch (key.key) {
    case "#":
      return suppress();
    case "*":
      return replace("12", { as: "info" });
    case "0":
      return relay({ as: "rfc4733" });
  }
  return key.durationMs > 100 ? relay() : undefined;
}

export async function onRefer(_call: Call, refer: Refer) {
  await Promise.resolve();
  if (refer.attended) return perform();
  return refer.referredBy === undefined ? reject(603) : relay();
}

export async function onRegister(request: Message, leg: Leg) {
  await Promise.resolve();
  if (leg.trunk === undefined) return reject(403);
  return request.to.user === "bob" ? accept({ expiresSeconds: 60 }) : undefined;
}

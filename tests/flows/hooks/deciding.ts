import {
  type Answered,
  type Call,
  next,
  type Progress,
  reject,
  relay,
  replace,
  route,
  skip,
  suppress,
  type Target,
} from "legwork";

export function onInvite(call: Call) {
  call.vars.seen = [];
  return route("bob", "carol");
}

export function onTarget(call: Call, target: Target) {
  call.vars.seen = [
    ...call.vars.seen as string[],
    `${target.number}.${target.attempt} ${target.target}`,
  ];
  return call.headers.get("X-Skip") === target.target ? skip() : relay();
}

export function onProgress(_call: Call, progress: Progress) {
  switch (progress.message.headers.get("X-Do")) {
    case "suppress":
      return suppress();
    case "replace":
      return replace(180, { body: "" });
    case "reject":
      return reject(603, "Not That One");
  }
  return undefined;
}

export function onAnswer(_call: Call, answer: Answered) {
  const fax = answer.message.body.includes("m=image");
  return fax || answer.message.headers.has("X-Fax") ? reject(488) : relay();
}

export function onFailure() {
  return next();
}

export const outbound = {
  "BYE": () => {},
};

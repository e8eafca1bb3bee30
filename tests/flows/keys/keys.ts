import {
  type Answered,
  type Call,
  type Dtmf,
  relay,
  replace,
  suppress,
} from "legwork";

export function onInvite(call: Call) {
  call.collectKeys();
}

export function onAnswer(call: Call, _answered: Answered) {
  call.sendKeys("b", "7!", { durationMs: 200 });
}

export function onDtmf(call: Call, key: Dtmf) {
  if (key.leg.name === "b") return undefined;
  switch (key.key) {
    case "*":
      return suppress();
    case "#":
      return replace(String(call.keys.a.length), { as: "info-dtmf" });
    case "0":
      call.sendKeys("b", "9");
      throw new TypeError("nothing of this hook counts");
  }
  return relay();
}

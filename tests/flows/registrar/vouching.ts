import {
  accept,
  type Call,
  type Leg,
  type Message,
  reject,
  route,
} from "legwork";

export async function onRegister(request: Message, leg: Leg) {
  await Promise.resolve();
  if (leg.trunk === undefined) return reject(403);
  return accept({ aor: request.from.user ?? "nobody", expiresSeconds: 90 });
}

export function onInvite(call: Call) {
  return route(`aor:${call.to.user}`, "bob");
}

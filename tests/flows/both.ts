import { route } from "legwork";

/** Rings everyone at once. */
export function onInvite() {
  return route("bob", "carol", { parallel: true });
}

import { type Call, type Failure, next, reject, route } from "legwork";

export function onInvite() {
  return route("bob");
}

export function onFailure(_call: Call, failure: Failure) {
  if (failure.contacts.length > 0) return route(...failure.contacts);
  return failure.remaining > 0 ? next() : reject(600, "Nobody At Home");
}

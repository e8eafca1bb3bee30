import { type Call, reject, route } from "legwork";

/** Calls go to the trunk that bears the dialled name. */
export function onInvite(call: Call) {
  const { user } = call.uri;
  return user === "nobody" ? reject(404) : route(user);
}

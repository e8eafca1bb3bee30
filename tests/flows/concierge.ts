import { type Call, redirect, reject, route } from "legwork";

export function onInvite(call: Call) {
  switch (call.uri.user) {
    case "nobody":
      return reject(404, "Nobody Here");
    case "moved":
      return redirect("sip:moved@elsewhere.example.com");
  }
  return route({ to: call.uri.user, headers: { "X-Concierge": "yes" } });
}

// Refuses callers that hide who they are; all others go to the PBX.
//
//   deno run -P mod.ts examples/02_reject_anonymous/route.ts --trunk pbx=sip:127.0.0.1:5080 --ladder
//   deno run -P mod.ts test examples/02_reject_anonymous

import { type Call, reject, route } from "legwork";

export function onInvite(call: Call) {
  if (isAnonymous(call)) return reject(433);
  return route("pbx");
}

// RFC 3323 section 4.1.1.3 recommends sip:anonymous@anonymous.invalid for From; some carriers change only one half of
// it, or ask for privacy by the header field alone. RFC 5079 defines 433.
function isAnonymous(call: Call): boolean {
  const privacy = call.headers.get("Privacy") ?? "";
  return call.from.user.toLowerCase() === "anonymous" ||
    call.from.host.toLowerCase() === "anonymous.invalid" ||
    privacy.split(";").some((value) => value.trim() === "id");
}

import { answer, type Call } from "legwork";

export function onInvite(call: Call) {
  if (call.uri.user === "nobody") return answer(200);
  return answer(200, {
    headers: { "X-By": "script" },
    body: [
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.9",
      "s=-",
      "c=IN IP4 192.0.2.9",
      "t=0 0",
      "m=audio 40000 RTP/AVP 0 8",
      "",
    ].join("\r\n"),
  });
}

import { type Call, route } from "legwork";

export function onInvite(call: Call) {
  if (call.headers.has("X-Weights")) {
    return route({ to: "bob", weight: 0 }, { to: "carol", weight: 9 });
  }
  return route({
    to: "bob",
    user: "+4930123",
    headers: { "X-Plan": ["b", "c"], "Subject": "new" },
    parties: {
      from: '"Sales" <sip:100@example.com>',
      to: "sip:200@example.com",
      asserted: "tel:+4930100",
    },
  }, {
    to: "carol",
    timeoutSeconds: 5,
    parties: { asserted: "" },
  });
}

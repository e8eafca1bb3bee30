import { assertEquals } from "@std/assert";
import { fakeCall, fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript } from "./world.ts";

Deno.test("onInvite of a TypeScript script decides", async () => {
  using script = await loadScript(`
    import { type Call, reject, route } from "legwork";
    export function onInvite(call: Call) {
      if (call.from.user === "anonymous") return reject(433);
      return route("pbx", { to: "carrier", timeoutSeconds: 5 }, { parallel: true });
    }
  `);
  const policy = script.host.acquire();
  assertEquals(await policy.onInvite!(fakeCall()), {
    action: "route",
    targets: ["pbx", { to: "carrier", timeoutSeconds: 5 }],
    parallel: true,
  });
  assertEquals(await policy.onInvite!(fakeCall({ user: "anonymous" })), {
    action: "reject",
    status: 433,
  });
});

Deno.test("message hooks read and write headers", async () => {
  using script = await loadScript(`
    export const inbound = {
      INVITE: (message, leg) => {
        const { headers } = message;
        headers.set("User-Agent", headers.get("user-agent") + " via " + leg.trunk);
        headers.delete("P-Asserted-Identity");
        headers.append("X-Count", String(headers.getAll("X-Note").length));
        headers.rename("X-Note", "X-Remark");
        message.from.display = "Bób";
        message.uri.user = "+49" + message.uri.user;
        message.uri.setParam("user", "phone");
        message.body = "text";
      },
    };
  `);
  const policy = script.host.acquire();
  const message = new FakeMessage();
  assertEquals(Object.keys(policy.inbound!), ["INVITE"]);
  policy.inbound!.INVITE!(message, fakeLeg());
  assertEquals(message.headers.names().slice(5), [
    "User-Agent",
    "X-Remark",
    "X-Remark",
    "X-Count",
    "Content-Type",
  ]);
  assertEquals(message.headers.get("User-Agent"), "phone/1.0 via carrier");
  assertEquals(message.headers.getAll("X-Remark"), ["one", "two"]);
  assertEquals(message.headers.get("X-Count"), "2");
  assertEquals(message.from.display, "Bób");
  assertEquals(message.uri.text, "sip:+49bob@example.com;user=phone");
  assertEquals(message.body, "text");
});

Deno.test("hooks that are not exported are not in the policy", async () => {
  using script = await loadScript(`export const unrelated = 1;`);
  assertEquals(Object.keys(script.host.acquire()), ["name"]);
});

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { reject, route } from "../../core/call/decisions.ts";
import { fixedPolicy, type Policy } from "../../core/call/policy.ts";
import { compositePolicy, compositeSource } from "../../scripts/composite.ts";
import { fakeCall } from "./fake_views.ts";
import { loadScript } from "./world.ts";

const silent: Policy = { onInvite: () => {} };
const slow: Policy = { onInvite: async () => await Promise.resolve() };
const throws: Policy = {
  onInvite() {
    throw new Error("sync");
  },
};
const rejects: Policy = {
  onInvite: () => Promise.reject(new Error("async")),
};
const routes: Policy = { onInvite: () => route("pbx") };
const refuses: Policy = { onInvite: () => reject(486) };

Deno.test("the first decision wins, silence and faults pass on", async () => {
  const chains: [Policy[], string][] = [
    [[routes, refuses], "route"],
    [[silent, refuses, routes], "reject"],
    [[slow, routes], "route"],
    [[throws, routes], "route"],
    [[rejects, throws, routes], "route"],
    [[{}, slow, rejects, refuses], "reject"],
  ];
  for (const [members, action] of chains) {
    const decision = await compositePolicy(members).onInvite!(fakeCall());
    assertEquals(decision?.action, action);
  }
});

Deno.test("a fault stands when nobody else decides", async () => {
  const call = fakeCall();
  assertThrows(
    () => compositePolicy([throws, silent]).onInvite!(call),
    Error,
    "sync",
  );
  await assertRejects(
    async () => {
      await compositePolicy([rejects, throws, slow]).onInvite!(call);
    },
    Error,
    "async",
  );
});

Deno.test("a hook that no member has is absent", () => {
  const policy = compositePolicy([routes, { outbound: {} }]);
  assertEquals(Object.keys(policy).toSorted(), ["members", "onInvite"]);
});

Deno.test("a call gives each source its policy back", async () => {
  using first = await loadScript(`export function onInvite() {}`);
  using second = await loadScript(`export const inbound = {};`);
  const source = compositeSource([first.host, second.host, fixedPolicy({})]);
  const before = source.acquire();
  assertEquals(source.acquire(), before);
  await second.host.reload();
  const after = source.acquire();
  assertEquals(after === before, false);
  assertEquals([first.host.alive, second.host.alive], [1, 2]);
  source.release(before);
  source.release(before);
  assertEquals(second.host.alive, 1);
  source.release(after);
  assertEquals(first.host.revision.users, 0);
});

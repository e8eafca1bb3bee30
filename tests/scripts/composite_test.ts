import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { reject, route } from "../../core/call/decisions.ts";
import { HOOK_ACTIONS } from "../../core/call/hook_actions.ts";
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

Deno.test("every hook is asked in order: a fault and a silence pass on, the first decision is the last", async () => {
  const names = Object.keys(HOOK_ACTIONS).filter((name) => name !== "inbound");
  for (const name of [...names, "onEnd"]) {
    const asked: string[] = [];
    const member = (who: string, answer: () => unknown): Policy => ({
      [name]: (...args: unknown[]) => {
        asked.push(`${who} ${args.join(" ")}`);
        return answer();
      },
    });
    const policy = compositePolicy([
      member("faulty", () => {
        throw new Error("oops");
      }),
      {},
      member("silent", () => undefined),
      member("decided", () => "decision"),
      member("last", () => "too late"),
    ]);
    const hook: unknown = Reflect.get(policy, name);
    const said: unknown = typeof hook === "function"
      ? await Promise.try(() => hook(1, 2)).catch(() => "fault")
      : "absent";
    const told = ["faulty 1 2", "silent 1 2", "decided 1 2"];
    if (name === "onEnd") assertEquals(asked, [...told, "last 1 2"]);
    else assertEquals([said, asked], ["decision", told]);
  }
});

Deno.test("what one script notes in call.vars the next one reads", async () => {
  using first = await loadScript(`
    export function onTarget(call) { call.vars.first = true; }
  `);
  using second = await loadScript(`
    export function onTarget(call) {
      return { action: call.vars.first ? "skip" : "relay" };
    }
  `);
  const source = compositeSource([first.host, second.host]);
  const policy = source.acquire();
  const target = { target: "a", trunk: "a", uri: "", attempt: 1, number: 1 };
  assertEquals(policy.onTarget!(fakeCall(), target), { action: "skip" });
  source.release(policy);
});

import { assertEquals, assertRejects } from "@std/assert";
import { ScriptFault } from "../../scripts/fault.ts";
import { fakeCall } from "./fake_views.ts";
import { loadScript } from "./world.ts";

Deno.test("several calls wait at once in one sandbox", async () => {
  using script = await loadScript(`
    const waiting = [];
    export async function onInvite(call) {
      if (call.from.user === "last") {
        for (const go of waiting) go("pbx");
        return { action: "redirect", contacts: ["sip:x@example.com"] };
      }
      const target = await new Promise((resolve) => waiting.push(resolve));
      return { action: "route", targets: [target + call.from.user] };
    }
  `);
  const policy = script.host.acquire();
  const first = policy.onInvite!(fakeCall({ user: "1" }));
  const second = policy.onInvite!(fakeCall({ user: "2" }));
  assertEquals(script.host.revision.sandbox.waiting, 2);
  await policy.onInvite!(fakeCall({ user: "last" }));
  assertEquals(await first, { action: "route", targets: ["pbx1"] });
  assertEquals(await second, { action: "route", targets: ["pbx2"] });
  assertEquals(script.host.revision.sandbox.waiting, 0);
  assertEquals(script.world.clock.pending, 0);
});

Deno.test("a hook that never settles is given up in time", async () => {
  using script = await loadScript(
    `export function onInvite() { return new Promise(() => {}); }`,
  );
  const policy = script.host.acquire();
  const outcome = Promise.resolve(policy.onInvite!(fakeCall()));
  const rejected = assertRejects(() => outcome, ScriptFault, "5000 ms");
  script.world.clock.advance(5_000);
  const fault = await rejected;
  assertEquals([fault.kind, fault.position?.line], ["wait", 1]);
  assertEquals(script.world.clock.pending, 0);
});

Deno.test("a slice after a wait has its own processor limit", async () => {
  using script = await loadScript(
    `
    export async function onInvite() { await null; for (;;); }
    export function onRequest() {}
  `,
    { hookMs: 10 },
  );
  const policy = script.host.acquire();
  const fault = await assertRejects(
    async () => {
      await policy.onInvite!(fakeCall());
    },
    ScriptFault,
  );
  assertEquals(fault.kind, "cpu");
  await script.host.revision.ready;
  assertEquals(script.host.revision.sandbox.dead, false);
});

Deno.test("a rejection carries the script's line", async () => {
  using script = await loadScript(`
    export async function onInvite(call: { id: string }): Promise<void> {
      await null;
      throw new RangeError("late");
    }
  `);
  const fault = await assertRejects(
    async () => {
      await script.host.acquire().onInvite!(fakeCall());
    },
    ScriptFault,
  );
  assertEquals(fault.toString(), "route.ts:4:27: RangeError: late");
});

Deno.test("a call's views are dead once its async hook has settled", async () => {
  using script = await loadScript(`
    let kept;
    export async function onInvite(call) { kept = call; await null; }
    export function onEnd() { return kept.id; }
  `);
  const policy = script.host.acquire();
  await policy.onInvite!(fakeCall());
  const summary = {} as Parameters<NonNullable<typeof policy.onEnd>>[1];
  await assertRejects(
    async () => {
      await policy.onEnd!(fakeCall(), summary);
    },
    ScriptFault,
    "its hook has returned",
  );
});

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ScriptFault } from "../../scripts/fault.ts";
import { fakeCall, fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript } from "./world.ts";

function version(number: number): string {
  return `export function onInvite() { return { action: "reject", status: ${number} }; }`;
}

Deno.test("new calls get the new revision, running calls keep theirs", async () => {
  using script = await loadScript(version(401));
  const { host, files } = script;
  const running = host.acquire();
  files["route.ts"] = version(402);
  await host.reload();
  const fresh = host.acquire();
  assertEquals(await running.onInvite!(fakeCall()), {
    action: "reject",
    status: 401,
  });
  assertEquals(await fresh.onInvite!(fakeCall()), {
    action: "reject",
    status: 402,
  });
  assertEquals(host.alive, 2);
  host.release(running);
  assertEquals(host.alive, 1);
  host.release(fresh);
  assertEquals(host.alive, 1);
  assertEquals(host.revision.name, "route.ts#2");
});

Deno.test("a revision that fails to load changes nothing", async () => {
  using script = await loadScript(version(401));
  const { host, files } = script;
  for (
    const wrong of [
      "export function onInvite( {",
      "throw new Error('no');",
      "export function onInvit() {}",
      "export function onLoad() { throw new Error('not today'); }",
      "export const inbound = { 'invite': () => {} };",
      "for (;;);",
      "await new Promise(() => {});",
      "import './gone.ts';",
    ]
  ) {
    files["route.ts"] = wrong;
    await assertRejects(() => host.reload(), ScriptFault);
    assertEquals(host.alive, 1);
    assertEquals(host.revision.number, 1);
  }
});

Deno.test("with too many revisions alive the oldest one's calls fall to the newest", async () => {
  using script = await loadScript(version(401));
  const { host, files, world } = script;
  const calls = [host.acquire()];
  for (const status of [402, 403, 404]) {
    files["route.ts"] = version(status);
    await host.reload();
    calls.push(host.acquire());
  }
  assertEquals(host.alive, 3);
  const statuses = [];
  for (const policy of calls) {
    statuses.push(await policy.onInvite!(fakeCall()));
  }
  assertEquals(
    statuses.map((each) => each && "status" in each && each.status),
    [404, 402, 403, 404],
  );
  assertEquals(
    world.observer.counters.get("script_revisions_taken_over"),
    1,
  );
  for (const policy of calls) host.release(policy);
  assertEquals(host.alive, 1);
});

Deno.test("faults in a row set a revision aside until the cool-down", async () => {
  using script = await loadScript(
    `let n = 0;
     export const inbound = { "*": (message) => {
       if (message.headers.has("X-Good")) return;
       throw new Error("again");
     } };`,
    { faults: 3, coolDownMs: 1_000 },
  );
  const hook = script.host.acquire().inbound!["*"]!;
  const bad = new FakeMessage();
  const good = new FakeMessage();
  good.headers.append("X-Good", "1");
  for (const message of [bad, bad, good, bad, bad]) {
    try {
      hook(message, fakeLeg());
    } catch (error) {
      assertEquals(error instanceof ScriptFault, true);
    }
  }
  assertEquals(script.host.revision.setAside, false);
  assertThrows(() => hook(bad, fakeLeg()), ScriptFault);
  assertEquals(script.host.revision.setAside, true);
  assertEquals(hook(bad, fakeLeg()), undefined);
  script.world.clock.advance(1_000);
  assertThrows(() => hook(bad, fakeLeg()), ScriptFault);
});

Deno.test("hundreds of reloads leave one revision", async () => {
  using script = await loadScript(version(401));
  const { host } = script;
  for (let i = 0; i < 200; i++) {
    const policy = host.acquire();
    await host.reload();
    host.release(policy);
  }
  assertEquals(host.alive, 1);
  assertEquals(
    script.world.observer.counters.get("script_engine_leaks"),
    undefined,
  );
});

Deno.test("a reload goes back to an earlier revision's text, its files' new one or none notwithstanding", async () => {
  using script = await loadScript({
    "route.ts":
      `import { status } from "./status.ts"; export function onInvite() { return { action: "reject", status }; }`,
    "status.ts": "export const status = 401;",
  });
  const { host, files } = script;
  files["status.ts"] = "export const status = 402;";
  await host.reload();
  delete files["status.ts"];
  assertEquals((await host.reload({ to: 1 })).name, "route.ts#3");
  const policy = host.acquire();
  const decision = await policy.onInvite!(fakeCall());
  assertEquals(decision && "status" in decision && decision.status, 401);
  host.release(policy);
  const fault = await assertRejects(() => host.reload({ to: 9 }), ScriptFault);
  assertEquals(
    fault.message,
    "Cannot go back to revision 9 of route.ts: kept are 1, 2, 3",
  );
});

Deno.test("an import that is missing is reported where it stands, and watched", async () => {
  using script = await loadScript(version(401));
  const { host, files } = script;
  files["route.ts"] = `export const a = 1;\nimport "./lib/gone.ts";`;
  const fault = await assertRejects(() => host.reload(), ScriptFault);
  assertEquals(
    fault.toString(),
    "route.ts:2:8: Cannot read script lib/gone.ts: no such file",
  );
  assertEquals(host.watched, ["route.ts", "lib/gone.ts"]);
  files["lib/gone.ts"] = "export {};";
  await host.reload();
  assertEquals(host.watched, ["route.ts", "lib/gone.ts"]);
});

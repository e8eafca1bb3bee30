/** What happens when the engine itself is pushed: its limits hold, and what breaks is replaced. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ScriptFault } from "../../scripts/fault.ts";
import { fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript, testEngine, testWorld } from "./world.ts";
import { Machine, MachineError } from "../../scripts/machine.ts";

const NESTED = {
  "brackets": `export const a = ${"(".repeat(20_000)}1;`,
  "lists": `export const a = ${"[".repeat(20_000)}1;`,
  "functions": `export const a = ${"()=>".repeat(20_000)}1;`,
  "blocks": `${"{".repeat(20_000)}`,
  "patterns": `new RegExp("(?:".repeat(20000));`,
  "JSON": `JSON.parse("[".repeat(1e5));`,
};

for (const [name, code] of Object.entries(NESTED)) {
  Deno.test(`a script of nested ${name} is refused, and the next one loads`, async () => {
    const files = { "route.ts": "import './deep.js';", "deep.js": code };
    const fault = await assertRejects(() => loadScript(files), ScriptFault);
    assertEquals(fault.kind === "engine", false, fault.toString());
    using script = await loadScript("export function onInvite() {}");
    assertEquals(script.host.alive, 1);
  });
}

Deno.test("when the host's own stack runs out the sandbox is replaced", async () => {
  using script = await loadScript(
    `export const inbound = { "*": (message) => { message.headers.set("X-A", "b"); } };`,
  );
  const hook = script.host.acquire().inbound!["*"]!;
  function deep(): void {
    try {
      deep();
    } catch {
      for (let i = 0; i < 3; i++) hook(new FakeMessage(), fakeLeg());
    }
  }
  try {
    deep();
  } catch {
    // Whatever comes out of it here, what counts is that the script serves afterwards.
  }
  await script.host.revision.ready;
  // On the way up it faulted often enough to be set aside.
  script.world.clock.advance(60_000);
  hook(new FakeMessage(), fakeLeg());
  await script.host.revision.ready;
  const message = new FakeMessage();
  hook(message, fakeLeg());
  assertEquals(message.headers.get("X-A"), "b");
});

Deno.test("the engine's step counter is found, so that long steps are watched", async () => {
  const { engine, limits } = await testWorld();
  const instance = await engine.instantiate(limits.memoryBytes);
  let polls = 0;
  const machine = new Machine(instance, {
    onCall: () => undefined,
    onPoll: () => ++polls > 3 ? 0 : 5,
    resolve: (_, name) => name,
    source: () => "",
  });
  assert(instance.traits.pollCounterOffset !== undefined);
  machine.stepsToPoll = 5;
  let steps = 0;
  try {
    machine.evaluate("globalThis.n = 0; for (;;) n++;", "loop.js");
  } catch (error) {
    assert(error instanceof MachineError);
  }
  polls = -1_000_000;
  const counted = machine.evaluate("n", "count.js");
  steps = machine.toNumber(counted);
  machine.free(counted);
  assert(steps > 10 && steps < 40, `${steps} steps`);
  machine.dispose();
});

Deno.test("memory of one instance is bounded by the engine's own accounting or by its size", async () => {
  const engine = await testEngine();
  const { memory } = await engine.instantiate(1024 * 1024);
  let grown = 0;
  try {
    for (; grown < 1000; grown++) memory.grow(1);
  } catch {
    // As far as it goes.
  }
  assertEquals(grown, 16);
});

Deno.test("a script that ate its memory is gone with it when it is loaded again", async () => {
  using script = await loadScript(
    `const kept = []; export const inbound = { "*": () => { for (;;) kept.push("x".repeat(1e6) + kept.length); } };`,
    { hookMs: 60_000, faults: 3, memoryBytes: 8 * 1024 * 1024 },
  );
  const hook = script.host.acquire().inbound!["*"]!;
  for (let i = 0; i < 3; i++) {
    try {
      hook(new FakeMessage(), fakeLeg());
    } catch (error) {
      assertEquals((error as ScriptFault).kind, "memory");
    }
  }
  assertEquals(script.host.revision.setAside, true);
  const { memoryBytes } = script.host.revision.sandbox;
  await script.host.reload();
  assert(script.host.revision.sandbox.memoryBytes < memoryBytes);
});

Deno.test("calls of the host function take the short way", async () => {
  const { engine, limits } = await testWorld();
  const instance = await engine.instantiate(limits.memoryBytes);
  let calls = 0;
  const machine = new Machine(instance, {
    onCall: () => ++calls,
    onPoll: () => 10_000,
    resolve: (_, name) => name,
    source: () => "",
  });
  instance.module.callbacks.callFunction = () => {
    throw new Error("the long way");
  };
  const host = machine.newHostFunction();
  assertEquals(machine.callForNumber(host, []), 1);
  machine.free(host);
  machine.dispose();
});

/** Limits are warned of before they are reached, counted by name when they are, and hooks are counted. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ScriptFault } from "../../scripts/fault.ts";
import { TIME_BOUNDS_MS } from "../../scripts/hook_statistics.ts";
import { fakeCall, fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript } from "./world.ts";

const NEAR: Readonly<Record<string, string>> = {
  edits: `for (let i = 0; i < 850; i++) message.headers.set("X-Note", "a");`,
  logLines: "for (let i = 0; i < 17; i++) console.log(i);",
  varsChars: `leg.call.vars.x = "x".repeat(60_000);`,
  decisionChars:
    `return { action: "answer", status: 200, body: "x".repeat(60_000) };`,
  memoryBytes: "globalThis.kept ??= new Uint8Array(42e6);",
};

for (const [limit, body] of Object.entries(NEAR)) {
  Deno.test(`80 % of ${limit} is warned of once, and is no fault`, async () => {
    using script = await loadScript(
      `export const inbound = { INVITE: (message, leg) => { ${body} } };`,
    );
    const hook = script.host.acquire().inbound!.INVITE!;
    for (let i = 0; i < 3; i++) hook(new FakeMessage(), fakeLeg());
    const warnings = script.world.observer.records
      .filter(({ text }) => text === "script near its limit");
    assertEquals(
      warnings.map(({ fields }) => [fields!.script, fields!.limit]),
      [
        ["route.ts#1", limit],
      ],
    );
    assertEquals(
      script.world.observer.counters.get("script_faults"),
      undefined,
    );
    await script.host.reload();
    script.host.acquire().inbound!.INVITE!(new FakeMessage(), fakeLeg());
    assertEquals(script.world.observer.counters.get("script_limit_near"), 2);
  });
}

const PAST: Readonly<Record<string, string>> = {
  edits: `for (;;) message.headers.set("X-Note", "a");`,
  vars_chars: `leg.call.vars.x = "x".repeat(70_000);`,
  decision_chars:
    `return { action: "answer", status: 200, body: "x".repeat(70_000) };`,
  hook_ms: "for (;;);",
};

for (const [limit, body] of Object.entries(PAST)) {
  Deno.test(`past ${limit} there is a fault, counted by name`, async () => {
    using script = await loadScript(
      `export const inbound = { INVITE: (message, leg) => { ${body} } };`,
      { hookMs: 50 },
    );
    const hook = script.host.acquire().inbound!.INVITE!;
    assertThrows(() => hook(new FakeMessage(), fakeLeg()), ScriptFault);
    const { counters } = script.world.observer;
    assertEquals(counters.get(`script_limit_${limit}`), 1);
    assertEquals(counters.get("script_faults"), 1);
  });
}

Deno.test("calls, faults, time and memory of each hook are counted over reloads", async () => {
  using script = await loadScript(`
    export const inbound = {
      INVITE: () => {},
      BYE: () => { throw new Error("no"); },
    };
    export async function onInvite() { await null; }
  `);
  for (let round = 0; round < 2; round++) {
    const { inbound, onInvite } = script.host.acquire();
    inbound!.INVITE!(new FakeMessage(), fakeLeg());
    assertThrows(() => inbound!.BYE!(new FakeMessage(), fakeLeg()));
    await onInvite!(fakeCall());
    await script.host.reload();
  }
  const { hooks, memoryHighWaterBytes, script: name } = script.host
    .statistics();
  assertEquals(name, "route.ts#3");
  assert(memoryHighWaterBytes >= 16 * 1024 * 1024);
  assertEquals(
    Object.entries(hooks).map((
      [hook, { calls, faults }],
    ) => [hook, calls, faults]),
    [['inbound["INVITE"]', 2, 0], ['inbound["BYE"]', 2, 2], ["onInvite", 2, 0]],
  );
  for (const { calls, times, totalMs } of Object.values(hooks)) {
    assertEquals(times.length, TIME_BOUNDS_MS.length + 1);
    assertEquals(times.reduce((sum, each) => sum + each), calls);
    assert(totalMs > 0);
  }
});

Deno.test("a call that the newest revision took over has its hooks, new ones too", async () => {
  using script = await loadScript(`export function onInvite() {}`);
  const { host, files } = script;
  const running = host.acquire();
  const others = [];
  for (let i = 0; i < 3; i++) {
    files["route.ts"] = `export function onFailure() {
      return { action: "reject", status: ${500 + i} };
    }`;
    await host.reload();
    others.push(host.acquire());
  }
  const failure = {
    target: "pbx",
    status: 486,
    reason: "",
    local: false,
    contacts: [],
    remaining: 0,
  };
  assertEquals(await running.onInvite!(fakeCall()), undefined);
  assertEquals(await running.onFailure!(fakeCall(), failure), {
    action: "reject",
    status: 502,
  });
  for (const policy of [running, ...others]) host.release(policy);
  assertEquals(host.alive, 1);
});

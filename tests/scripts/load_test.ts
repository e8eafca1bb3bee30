/** Loading: modules, types, positions, what is refused and how it is said. */

import { assertEquals, assertRejects } from "@std/assert";
import { ScriptFault } from "../../scripts/fault.ts";
import { TYPE_NAMES } from "../../scripts/guest_code.ts";
import { fakeCall, fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript } from "./world.ts";

const REFUSED: Readonly<Record<string, [Record<string, string>, string]>> = {
  "an unknown hook": [
    { "route.ts": "export const a = 1;\nexport function onInvit() {}" },
    "route.ts:2:8: Cannot use export onInvit: there is no such hook, did you mean onInvite?",
  ],
  "a hook that is no function": [
    { "route.ts": "export const onEnd = 1;" },
    "route.ts:1:1: Cannot use onEnd: found number, wanted a function",
  ],
  "a pattern that matches nothing": [
    { "route.ts": "export const inbound = { 'INVITE 200': () => {} };" },
    `route.ts:1:40: Cannot use inbound["INVITE 200"]: wanted a method (INVITE), a status (200, 18x, 4xx), both (200 INVITE) or *`,
  ],
  "wrong TypeScript": [
    { "route.ts": "const a: number = 1;\n\nconst b: string = ;\nexport {};" },
    `route.ts:3:19: SyntaxError: unexpected ";"`,
  ],
  "a bracket that is missing": [
    {
      "route.ts":
        "export function onInvite(call: Call) {\n  return log(call.id;\n}\n",
    },
    `route.ts:2:21: SyntaxError: unexpected ";"`,
  ],
  "a block without end": [
    { "route.ts": "const a: number = 1;\nfunction f() {\n  if (a) {\n}\n" },
    "route.ts:5:1: SyntaxError: unexpected end of file",
  ],
  "an enum": [
    { "route.ts": "const a = 1;\nenum X { A }" },
    "route.ts:2:1: SyntaxError: TypeScript enum is not supported in strip-only mode",
  ],
  "wrong JavaScript in a module": [
    {
      "route.ts": "import './part.js';",
      "part.js": "let a = 1;\nlet b = 'x;\n",
    },
    "part.js:2:9: SyntaxError: unexpected end of string",
  ],
  "a throw while it loads": [
    { "route.ts": "const a: number = 1;\nnull!.x;" },
    "route.ts:2:6: TypeError: cannot read property 'x' of null",
  ],
  "a file outside the folder": [
    { "route.ts": "import '../secret.ts';" },
    `route.ts:1:8: Cannot import "../secret.ts": it is outside the script's folder`,
  ],
  "a package": [
    { "route.ts": "import fs from 'node:fs';" },
    `route.ts:1:16: Cannot import "node:fs": wanted "legwork" or a module of the script's own, as "./name.ts"`,
  ],
  "a name that a module does not export": [
    {
      "route.ts": "import {\n  a,\n  Plan,\n} from './part.ts';",
      "part.ts": "export const a = 1;\nexport interface Plan {}",
    },
    `route.ts:3:3: Cannot import Plan: part.ts does not export it; a type is imported as "type Plan"`,
  ],
  "a default export": [
    { "route.ts": "export default { onInvite() {} };" },
    "route.ts:1:1: Cannot use export default: a script exports each hook by its name",
  ],
  "a missing file": [
    { "route.ts": "import './gone.ts';" },
    "route.ts:1:8: Cannot read script gone.ts: no such file",
  ],
};

for (const [name, [files, message]] of Object.entries(REFUSED)) {
  Deno.test(`load refuses ${name}`, async () => {
    const fault = await assertRejects(() => loadScript(files), ScriptFault);
    assertEquals(fault.toString(), message);
  });
}

Deno.test("modules of the script's folder load, circles too, and are listed", async () => {
  using script = await loadScript({
    "route.ts": `import { name } from "./lib/names.ts";
      export function self(): string { return "pbx"; }
      export function onInvite() { return { action: "route", targets: [name()] }; }`,
    "lib/names.ts": `import { self } from "../route.ts";
      import { route } from "legwork";
      export const name = (): string => self() + route("x").targets.length;`,
  });
  assertEquals(await script.host.acquire().onInvite!(fakeCall()), {
    action: "route",
    targets: ["pbx1"],
  });
  assertEquals(script.host.watched, ["route.ts", "lib/names.ts"]);
});

Deno.test("every type of the API can be imported as a name", async () => {
  const api = await Deno.readTextFile(
    new URL("../../scripts/api.ts", import.meta.url),
  );
  const exported = [...api.matchAll(/^export type \{([^}]*)\}/gm)]
    .flatMap(([, names]) => names!.split(","))
    .map((name) => name.trim().split(" as ").at(-1)!)
    .filter((name) => name !== "");
  assertEquals([...exported, "Script"].toSorted(), TYPE_NAMES.toSorted());
  using script = await loadScript(`
    import { Call, Message, reject } from "legwork";
    export function onInvite(call: Call) { return reject(404); }
  `);
  assertEquals(Object.keys(script.host.acquire()), [
    "name",
    "forget",
    "onInvite",
  ]);
});

Deno.test("import() after loading is refused", async () => {
  using script = await loadScript(`
    export async function onInvite() { await import("./other.ts"); }
  `);
  await assertRejects(
    async () => {
      await script.host.acquire().onInvite!(fakeCall());
    },
    ScriptFault,
  );
});

Deno.test("time and randomness are the host's", async () => {
  const code = `export function onInvite(call) {
    call.vars.t = [Date.now(), new Date().getTime(), Math.random(), new Date(5).getTime(), new Date() instanceof Date];
  }`;
  using first = await loadScript(code);
  using second = await loadScript(code);
  const calls = [fakeCall(), fakeCall()];
  await first.host.acquire().onInvite!(calls[0]!);
  await second.host.acquire().onInvite!(calls[1]!);
  assertEquals(calls[0]!.vars, calls[1]!.vars);
  const [now, made, , five, is] = calls[0]!.vars.t as unknown[];
  assertEquals([now, made, five, is], [1.7e12, 1.7e12, 5, true]);
});

Deno.test("log lines go to the observer, bounded", async () => {
  using script = await loadScript(
    `import { log } from "legwork";
     export const inbound = { "*": (message) => {
       log("from", message.from, 1);
       for (let i = 0; i < 50; i++) console.warn("x".repeat(5000));
     } };`,
    { logLines: 3, hookMs: 1_000 },
  );
  script.host.acquire().inbound!["*"]!(new FakeMessage(), fakeLeg());
  const { counters } = script.world.observer;
  const records = script.world.observer.records
    .filter(({ text }) => text === "script says");
  assertEquals(records.length, 3);
  assertEquals(
    records[0]!.fields!.line,
    `from {"display":"Alice","uri":"sip:alice@a.example","tag":"t1"} 1`,
  );
  assertEquals(String(records[1]!.fields!.line).length, 1_000);
  assertEquals(counters.get("script_log_lines_dropped"), 48);
});

Deno.test("a hundred thousand hook calls leave nothing", async () => {
  using script = await loadScript(
    `
    export const inbound = { "*": (message, leg) => {
      const { headers } = message;
      headers.set("X-Note", headers.get("User-Agent") + leg.call.id);
      if (leg.name === "b") throw new Error("b");
      return undefined;
    } };
    export async function onInvite(call) { call.vars.n = 1; await null; return { action: "reject", status: 400 }; }
  `,
    { faults: 1e9 },
  );
  const policy = script.host.acquire();
  const hook = policy.inbound!["*"]!;
  const message = new FakeMessage();
  const leg = fakeLeg();
  const before = script.host.revision.sandbox.memoryBytes;
  for (let i = 0; i < 100_000; i++) hook(message, leg);
  for (let i = 0; i < 1_000; i++) {
    try {
      hook(message, { ...leg, name: "b" });
    } catch (error) {
      assertEquals(error instanceof ScriptFault, true);
    }
    await policy.onInvite!(fakeCall());
  }
  assertEquals(script.host.revision.sandbox.memoryBytes, before);
  script.host.dispose();
  assertEquals(
    script.world.observer.counters.get("script_engine_leaks"),
    undefined,
  );
});

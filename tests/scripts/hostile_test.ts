/**
 * Scripts that mean harm, or might as well. Each runs on a message that two well-meant lines have edited before; each
 * must come out as a fault of its kind, and the next hook of the same script must work.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type FaultKind, ScriptFault } from "../../scripts/fault.ts";
import { fakeCall, fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript } from "./world.ts";

const HOSTILE: Readonly<Record<string, [body: string, kind: FaultKind]>> = {
  "loop": ["for (;;);", "cpu"],
  "loop that catches": ["for (;;) { try { for (;;); } catch {} }", "cpu"],
  "loop in finally": ["try { for (;;); } finally { for (;;); }", "cpu"],
  "generator without end": [
    "function* g() { for (;;) yield 1; } for (const x of g());",
    "cpu",
  ],
  "regexp bomb": [`/^(a+)+$/.test("a".repeat(40) + "b");`, "cpu"],
  "backtracking replace": [
    `"a".repeat(50).replace(/(a*)*b/, "");`,
    "cpu",
  ],
  "long steps in a loop": [
    `const s = "x".repeat(1e6); for (;;) s.toUpperCase();`,
    "cpu",
  ],
  "sort of a large array": [
    "const a = Array.from({ length: 2e5 }, (_, i) => -i); for (;;) a.sort((x, y) => x - y);",
    "cpu",
  ],
  "array-like of any length": [
    "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
    "throw",
  ],
  "long text sought in long text": [
    `"a".repeat(3e6).indexOf("a".repeat(1e6) + "b");`,
    "throw",
  ],
  "memory bomb of texts": [
    `const a = []; for (;;) a.push("x".repeat(1e6) + a.length);`,
    "memory",
  ],
  "memory bomb of one text": [`"x".repeat(2 ** 29);`, "memory"],
  "memory bomb of bytes": ["new Uint8Array(2 ** 30);", "memory"],
  "text that doubles": [
    `let s = "x"; for (;;) { s += s; s.charCodeAt(1); }`,
    "memory",
  ],
  "recursion": ["(function f() { f(); })();", "stack"],
  "recursion through a getter": [
    "const o = { get x() { return o.x; } }; o.x;",
    "stack",
  ],
  "recursion through toJSON": [
    "const o = { toJSON: () => JSON.stringify(o) }; return o;",
    "stack",
  ],
  "deep JSON": [`JSON.parse("[".repeat(1e5));`, "stack"],
  "nested array printed": [
    "let a = []; for (let i = 0; i < 2e4; i++) a = [a]; String(a);",
    "stack",
  ],
  "promise flood": [
    "const f = () => { Promise.resolve().then(f).then(f); }; f();",
    "cpu",
  ],
  "promise from a message hook": ["return Promise.resolve();", "throw"],
  "throws text": [`throw "no";`, "throw"],
  "throws null": ["throw null;", "throw"],
  "throws undefined": ["throw undefined;", "throw"],
  "throws a symbol": ["throw Symbol('x');", "throw"],
  "throws a proxy that throws": [
    "throw new Proxy(new Error('x'), { get() { throw 1; }, getPrototypeOf() { throw 2; } });",
    "throw",
  ],
  "throws an error whose parts throw": [
    "throw Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('y'); } });",
    "throw",
  ],
  "throws an error whose stack loops": [
    "throw Object.defineProperty(new Error('x'), 'stack', { get() { for (;;); } });",
    "cpu",
  ],
  "decision with a getter that throws": [
    "return { get action() { throw new Error('no'); } };",
    "throw",
  ],
  "decision with a getter that loops": [
    "return { get action() { for (;;); } };",
    "cpu",
  ],
  "decision as a proxy": [
    "return new Proxy({}, { ownKeys() { throw new Error('no'); } });",
    "throw",
  ],
  "decision without end": [
    `return { action: "reject", status: 400, reason: "x".repeat(1e6) };`,
    "decision",
  ],
  "decision in circles": ["const o = {}; o.o = o; return o;", "throw"],
  "decision of another hook": [`return { action: "route" };`, "decision"],
  "decision with a line break": [
    `return { action: "reject", status: 400, reason: "a\\r\\nVia: x" };`,
    "decision",
  ],
  "status nobody knows": [
    `return { action: "reject", status: 99 };`,
    "decision",
  ],
  "number as decision": ["return 42;", "decision"],
  "header with a line break": [
    `message.headers.set("X-A", "a\\r\\nVia: x");`,
    "throw",
  ],
  "header with a NUL": [`message.headers.set("X-A", "a\\0b");`, "throw"],
  "header that Legwork owns": [`message.headers.set("Via", "x");`, "throw"],
  "header name with a colon": [`message.headers.set("X: y", "x");`, "throw"],
  "header that is no text": [
    `message.headers.set("X-A", { toString() { for (;;); } });`,
    "throw",
  ],
  "code from text": [`eval("1");`, "throw"],
  "code through a constructor": [
    `(() => {}).constructor("return this")();`,
    "throw",
  ],
  "code through an async constructor": [
    `(async () => {}).constructor("return this")();`,
    "throw",
  ],
  "code through a view's constructor": [
    `message.headers.get.constructor("return this")();`,
    "throw",
  ],
  "view made by hand": [
    `new message.constructor({ id: 1 }).headers.get("Via");`,
    "throw",
  ],
  "view method on something else": [
    `message.headers.get.call({}, "Via");`,
    "throw",
  ],
  "call changed": [`leg.call.from.display = "x";`, "throw"],
  "vars in circles": [
    "leg.call.vars.x = leg.call.vars;",
    "throw",
  ],
  "vars without end": [
    `leg.call.vars.x = "x".repeat(1e5);`,
    "throw",
  ],
};

for (const [name, [body, kind]] of Object.entries(HOSTILE)) {
  Deno.test(`hostile: ${name}`, async () => {
    // Only those that run out of time should: the machine may be busy.
    const limits = { hookMs: kind === "cpu" ? 10 : 10_000 };
    using script = await loadScript(
      `export const inbound = {
  INVITE: (message, leg) => {
    ${body}
  },
  BYE: (message) => { message.headers.set("X-Alive", "yes"); },
};`,
      limits,
    );
    const policy = script.host.acquire();
    const message = new FakeMessage();
    const fault = assertThrows(
      () => policy.inbound!.INVITE!(message, fakeLeg()),
      ScriptFault,
    );
    assertEquals(fault.kind, kind, fault.toString());
    assertEquals(script.world.observer.counters.get("script_faults"), 1);
    const { records } = script.world.observer;
    assert(records.some(({ text }) => text === "script fault"));
    if (!script.host.revision.sandbox.dead) {
      assert(fault.position !== undefined, `no position: ${fault}`);
      assertEquals([fault.position.file, fault.position.line <= 3], [
        "route.ts",
        true,
      ]);
    }
    await script.host.revision.ready;
    policy.inbound!.BYE!(message, fakeLeg());
    assertEquals(message.headers.get("X-Alive"), "yes");
    assertEquals(message.headers.get("X-A"), undefined);
    assertEquals(script.world.clock.pending, 0);
  });
}

const PROTOTYPE_GAMES = {
  "Array.prototype.push": "Array.prototype.push = () => { throw 1; };",
  "Object.prototype.toJSON":
    "Object.prototype.toJSON = () => ({ action: 'route' });",
  "Promise.prototype.then": "Promise.prototype.then = () => { throw 1; };",
  "JSON": "JSON.parse = JSON.stringify = () => { throw 1; };",
  "String.prototype": "String.prototype.indexOf = () => { throw 1; };",
  "Symbol.hasInstance":
    "Object.defineProperty(Error, Symbol.hasInstance, { value: () => { throw 1; } });",
  "Object.prototype.then":
    "Object.defineProperty(Object.prototype, 'then', { value: undefined, writable: true });",
  "globalThis":
    "for (const n of Object.getOwnPropertyNames(globalThis)) { try { delete globalThis[n]; } catch {} }",
};

for (const [name, code] of Object.entries(PROTOTYPE_GAMES)) {
  Deno.test(`prototype games: ${name}`, async () => {
    using script = await loadScript(`
      ${code}
      export const inbound = {
        INVITE: (message) => { message.headers.set("X-A", "b"); },
      };
      export function onInvite(call) { call.vars.n = 1; }
    `);
    const policy = script.host.acquire();
    const message = new FakeMessage();
    policy.inbound!.INVITE!(message, fakeLeg());
    assertEquals(message.headers.get("X-A"), "b");
    const call = fakeCall();
    await policy.onInvite!(call);
    assertEquals(({} as Record<string, unknown>).toJSON, undefined);
    assertEquals(Object.getPrototypeOf(call.vars), Object.prototype);
  });
}

Deno.test("a view kept by the script is dead after its hook", async () => {
  using script = await loadScript(`
    let kept;
    export const inbound = {
      INVITE: (message) => { kept = message; },
      BYE: () => { kept.headers.set("X-Late", "1"); },
      INFO: () => { kept.headers.get("X-Note"); },
      ACK: (message) => { Promise.resolve().then(() => message.headers.set("X-Late", "1")); },
    };
  `);
  const policy = script.host.acquire();
  const message = new FakeMessage();
  const later = new FakeMessage();
  policy.inbound!.INVITE!(message, fakeLeg());
  for (const method of ["BYE", "INFO"]) {
    assertThrows(
      () => policy.inbound![method]!(later, fakeLeg()),
      ScriptFault,
      "its hook has returned",
    );
  }
  policy.inbound!.ACK!(message, fakeLeg());
  assertEquals(message.headers.has("X-Late"), false);
  assertEquals(later.headers.has("X-Late"), false);
});

/**
 * Scripts that mean harm, or might as well. In `in` a text is the body of that hook (`message`, `leg`, `call` and what
 * else it gets are at hand) and harms the first call of a ladder, whose caller is "evil"; the second call finds the
 * script as it is left then.
 */

/** One script, and what becomes of it. */
export interface Hostile {
  readonly name: string;
  /** The hook whose body it is; absent: `code` is the whole script. */
  readonly hook?: string;
  readonly code: string;
  /** Which rule it breaks; undefined: it does no harm, and has no fault. */
  readonly fault?: string;
}

const HOOKS = [
  "onInvite",
  "onEnd",
  'inbound["INVITE"]',
  'inbound["200 INVITE"]',
  'inbound["BYE"]',
  'outbound["INVITE"]',
  'outbound["200 INVITE"]',
  'outbound["*"]',
];

const INVITE = "onInvite";
const IN = 'inbound["INVITE"]';
const OUT = 'outbound["INVITE"]';

/** See the module comment. */
export const CORPUS: readonly Hostile[] = [
  ...HOOKS.map((hook): Hostile => ({
    name: `a loop in ${hook}`,
    hook,
    code: "for (;;);",
    fault: "cpu",
  })),
  ...HOOKS.map((hook): Hostile => ({
    name: `a throw in ${hook}`,
    hook,
    code: "null.x;",
    fault: "throw",
  })),
  ...([
    [
      "a loop that catches its end",
      IN,
      "for (;;) { try { for (;;); } catch {} }",
      "cpu",
    ],
    [
      "a loop in finally",
      INVITE,
      "try { for (;;); } finally { for (;;); }",
      "cpu",
    ],
    [
      "a loop of labels",
      IN,
      "outer: for (;;) { inner: for (;;) continue outer; }",
      "cpu",
    ],
    [
      "a generator without end",
      IN,
      "function* g() { for (;;) yield 1; } for (const x of g());",
      "cpu",
    ],
    [
      "a generator that refuses to close",
      IN,
      "function* g() { for (;;) { try { yield 1; } finally { continue; } } } for (const x of g()) break; for (;;);",
      "cpu",
    ],
    [
      "a regular expression that explodes",
      IN,
      `/^(a+)+$/.test("a".repeat(40) + "b");`,
      "cpu",
    ],
    [
      "a replacement that explodes",
      OUT,
      `"a".repeat(50).replace(/(a*)*b/, "");`,
      "cpu",
    ],
    [
      "a giant regular expression",
      IN,
      `new RegExp("(a|b)".repeat(2e5)).test("ab");`,
      "throw,stack,memory,cpu",
    ],
    [
      "a comparator without end",
      IN,
      "const a = Array.from({ length: 2e5 }, (_, i) => -i); for (;;) a.sort((x, y) => x - y);",
      "cpu",
    ],
    [
      "a comparator that grows its list",
      IN,
      "const a = [2, 1]; a.sort(() => { for (;;) a.push(1, 2, 3); });",
      "cpu,memory,throw",
    ],
    [
      "an array of any length",
      IN,
      "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
      "throw",
    ],
    [
      "a concatenation of any length",
      IN,
      "[].concat({ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true });",
      "throw",
    ],
    [
      "a raw text of any length",
      IN,
      "String.raw({ raw: { length: 2 ** 53 - 1 } });",
      "throw",
    ],
    [
      "typed arrays of any length",
      IN,
      "Uint8Array.from({ length: 3e7 });",
      "throw",
    ],
    [
      "a huge array spread",
      IN,
      "const a = new Array(2 ** 32 - 1); [...a];",
      "memory,cpu",
    ],
    ["BigInt", IN, "BigInt(2) ** BigInt(1e6);", "throw"],
    [
      "long text sought in long text",
      IN,
      `"a".repeat(3e6).indexOf("a".repeat(1e6) + "b");`,
      "throw",
    ],
    [
      "a memory bomb of texts",
      IN,
      `const a = []; for (;;) a.push("x".repeat(1e6) + a.length);`,
      "memory,cpu",
    ],
    ["a memory bomb of one text", IN, `"x".repeat(2 ** 29);`, "memory"],
    ["a memory bomb of bytes", INVITE, "new Uint8Array(2 ** 30);", "memory"],
    [
      "a memory bomb that catches",
      IN,
      "const a = []; for (;;) { try { a.push(new Uint8Array(1e6)); } catch {} }",
      "cpu,memory",
    ],
    [
      "a text that doubles",
      OUT,
      `let s = "x"; for (;;) { s += s; s.charCodeAt(1); }`,
      "memory,cpu",
    ],
    ["a JSON bomb", IN, `JSON.parse("[".repeat(1e5));`, "stack"],
    ["a recursion without end", IN, "(function f() { f(); })();", "stack"],
    [
      "a recursion that catches",
      IN,
      "(function f() { try { f(); } catch { f(); } })();",
      "stack,cpu",
    ],
    [
      "a recursion through a getter",
      INVITE,
      "const o = { get x() { return o.x; } }; o.x;",
      "stack",
    ],
    [
      "a promise flood",
      IN,
      "const f = () => { Promise.resolve().then(f).then(f); }; f();",
      "cpu",
    ],
    [
      "a promise flood in a hook that waits",
      INVITE,
      "const f = () => { Promise.resolve().then(f).then(f); }; f(); return new Promise(() => {});",
      "cpu",
    ],
    [
      "microtasks without end",
      INVITE,
      "return (async () => { for (;;) await null; })();",
      "cpu",
    ],
    [
      "a promise that never settles",
      INVITE,
      "return new Promise(() => {});",
      "wait",
    ],
    [
      "a promise that never settles, at the end",
      "onEnd",
      "return new Promise(() => {});",
      "wait",
    ],
    [
      "a thenable that throws",
      INVITE,
      `return { then() { throw new Error("no"); } };`,
      "throw",
    ],
    ["a promise from a message hook", IN, "return Promise.resolve();", "throw"],
    ["a throw of text", IN, `throw "no";`, "throw"],
    ["a throw of null", INVITE, "throw null;", "throw"],
    ["a throw of undefined", OUT, "throw undefined;", "throw"],
    ["a throw of a symbol", IN, "throw Symbol('x');", "throw"],
    [
      "a throw of a proxy that throws",
      IN,
      "throw new Proxy(new Error('x'), { get() { throw 1; }, getPrototypeOf() { throw 2; } });",
      "throw",
    ],
    [
      "a throw of an error whose message throws",
      INVITE,
      "throw Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('y'); } });",
      "throw",
    ],
    [
      "a throw of an error whose stack loops",
      IN,
      "throw Object.defineProperty(new Error('x'), 'stack', { get() { for (;;); } });",
      "cpu",
    ],
    ["a rejection with undefined", INVITE, "return Promise.reject();", "throw"],
    [
      "a decision whose getter throws",
      INVITE,
      "return { get action() { throw new Error('no'); } };",
      "throw",
    ],
    [
      "a decision whose getter loops",
      INVITE,
      "return { get action() { for (;;); } };",
      "cpu",
    ],
    [
      "a decision as a proxy",
      INVITE,
      "return new Proxy({}, { ownKeys() { throw new Error('no'); } });",
      "throw,decision",
    ],
    [
      "a decision that is a proxy of a good one",
      INVITE,
      `return new Proxy({ action: "reject", status: 400 }, { get() { for (;;); } });`,
      "cpu",
    ],
    [
      "a decision whose toJSON lies",
      INVITE,
      `return { action: "route", targets: ["pbx"], toJSON: () => 42 };`,
      "decision",
    ],
    [
      "a decision without end",
      INVITE,
      `return { action: "reject", status: 400, reason: "x".repeat(1e6) };`,
      "decision",
    ],
    [
      "a decision in circles",
      INVITE,
      "const o = {}; o.o = o; return o;",
      "throw",
    ],
    [
      "a decision of another hook",
      INVITE,
      `return { action: "suppress" };`,
      "decision",
    ],
    [
      "a reason with a line break",
      INVITE,
      `return { action: "reject", status: 400, reason: "a\\r\\nVia: x" };`,
      "decision",
    ],
    [
      "a header field with a line break",
      IN,
      `message.headers.set("X-A", "a\\r\\nVia: x");`,
      "throw",
    ],
    [
      "a header name with a line break",
      OUT,
      `message.headers.set("X-A: b\\r\\nVia", "x");`,
      "throw",
    ],
    [
      "a route with a line break",
      INVITE,
      `return { action: "route", targets: ["sip:a@192.0.2.1\\r\\nVia: x"] };`,
      "decision",
    ],
    [
      "a route target's header with a line break",
      INVITE,
      `return { action: "route", targets: [{ to: "pbx", headers: { "X-A": "a\\r\\nVia: x" } }] };`,
      "decision",
    ],
    [
      "a route to nowhere",
      INVITE,
      `return { action: "route", targets: ["nowhere"] };`,
    ],
    [
      "a URI with a line break",
      OUT,
      `message.uri.user = "a\\r\\nVia: x";`,
      "throw",
    ],
    [
      "a display name with a line break",
      OUT,
      `message.from.display = "a\\r\\nVia: x";`,
      "throw",
    ],
    [
      "a body with a second message",
      IN,
      `message.headers.set("Content-Length", "0");`,
      "throw",
    ],
    [
      "ten thousand header fields",
      IN,
      `for (let i = 0; i < 1e4; i++) message.headers.append("X-A", "b");`,
      "throw,cpu",
    ],
    [
      "a header field of a million characters",
      IN,
      `message.headers.set("X-A", "b".repeat(1e6));`,
      "throw",
    ],
    [
      "a second Call-ID",
      OUT,
      `message.headers.append("Call-ID", "x");`,
      "throw",
    ],
    ["no Via", IN, `message.headers.delete("v");`, "throw"],
    [
      "conversion by toString",
      IN,
      `message.headers.set("X-A", { toString() { for (;;); } });`,
      "throw",
    ],
    [
      "conversion by valueOf",
      OUT,
      "message.uri.port = { valueOf() { for (;;); } };",
      "throw",
    ],
    [
      "conversion by Symbol.toPrimitive",
      IN,
      "`${{ [Symbol.toPrimitive]() { for (;;); } }}`;",
      "cpu",
    ],
    [
      "logged conversions",
      IN,
      "console.log({ toJSON() { for (;;); } });",
      "cpu",
    ],
    [
      "a flood of log lines",
      IN,
      `for (let i = 0; i < 1e3; i++) console.log("x".repeat(1e4));`,
      "cpu",
    ],
    ["notes without end", IN, `leg.call.vars.x = "x".repeat(1e5);`, "throw"],
    ["notes in circles", INVITE, "call.vars.x = call.vars;", "throw"],
    [
      "notes with a prototype",
      INVITE,
      `call.vars["__proto__"] = { polluted: 1 };`,
    ],
    ["the call changed", INVITE, `call.from.display = "x";`, "throw"],
    ["eval", IN, `eval("1");`, "throw"],
    [
      "code through a constructor",
      IN,
      `(() => {}).constructor("return this")();`,
      "throw",
    ],
    [
      "code through an async generator's constructor",
      INVITE,
      `(async function* () {}).constructor("return this")();`,
      "throw",
    ],
    [
      "code through a view's constructor",
      IN,
      `message.headers.get.constructor("return this")();`,
      "throw",
    ],
    [
      "a view made by hand",
      IN,
      `new message.constructor({ id: 1 }).headers.get("Via");`,
      "throw",
    ],
    [
      "a view's method on something else",
      IN,
      `message.headers.get.call({}, "Via");`,
      "throw",
    ],
    [
      "the host function sought",
      IN,
      "Object.keys(globalThis).concat(Object.getOwnPropertyNames(globalThis)).forEach((n) => { if (/host|legwork|Deno|process/.test(n)) for (;;); }); null.x;",
      "throw",
    ],
    [
      "an import while it runs",
      INVITE,
      `return import("./other.ts");`,
      "throw,load",
    ],
    [
      "an import of a file outside",
      INVITE,
      `return import("../../secret.ts");`,
      "throw,load",
    ],
    ["shared memory", IN, "new SharedArrayBuffer(8);", "throw"],
    ["atomics", IN, "Atomics.wait(new Int32Array(8), 0, 0);", "throw"],
    ["weak references", IN, "new WeakRef({});", "throw"],
    [
      "finalizers",
      IN,
      "new FinalizationRegistry(() => { for (;;); });",
      "throw",
    ],
    [
      "fetch where nothing may wait",
      IN,
      `fetch("http://127.0.0.1/");`,
      "throw",
    ],
    [
      "sleep without end",
      INVITE,
      "return (async () => { for (;;) await sleep(1e9); })();",
      "wait",
    ],
    ["a flood of sleeps", INVITE, "for (;;) sleep(1);", "throw"],
    [
      "a flood of the store",
      INVITE,
      `return (async () => { for (;;) await store.set("k" + Math.random(), 1); })();`,
      "throw",
    ],
  ] as const).map(([name, hook, code, fault]): Hostile => ({
    name,
    hook,
    code,
    ...(fault === undefined ? {} : { fault }),
  })),
  ...spoilers(),
];

/** Scripts that spoil the ground before any hook runs. */
function spoilers(): Hostile[] {
  const spoilt: readonly (readonly [name: string, code: string])[] = [
    [
      "Object.prototype polluted",
      `Object.prototype.action = "reject"; Object.prototype.status = 400; Object.prototype.toJSON = () => ({ action: "reject", status: 400 });`,
    ],
    [
      "Object.prototype with setters",
      `Object.defineProperty(Object.prototype, "id", { set() { throw 1; }, configurable: true });`,
    ],
    [
      "Array.prototype.map replaced",
      "Array.prototype.map = Array.prototype.push = () => { throw 1; };",
    ],
    ["JSON replaced", "JSON.parse = JSON.stringify = () => { for (;;); };"],
    [
      "Promise replaced",
      "Promise.prototype.then = () => { throw 1; }; Promise.resolve = () => { throw 1; };",
    ],
    [
      "Error replaced",
      "globalThis.Error = function () { throw 1; }; Object.defineProperty(TypeError, Symbol.hasInstance, { value: () => { throw 1; } });",
    ],
    [
      "the global scope emptied",
      "for (const n of Object.getOwnPropertyNames(globalThis)) { try { delete globalThis[n]; } catch {} }",
    ],
  ];
  return spoilt.map(([name, code]) => ({
    name,
    code:
      `${code}\nexport const inbound = { INVITE: (message) => { message.headers.set("X-A", "b"); } };`,
  }));
}

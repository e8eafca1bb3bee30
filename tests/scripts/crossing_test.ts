/** Texts and numbers cross into the sandbox and back as they are, however the engine keeps them. */

import { assertEquals, assertThrows } from "@std/assert";
import { Machine } from "../../scripts/machine.ts";
import type { HostArguments } from "../../scripts/machine_host.ts";
import { fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript, testWorld } from "./world.ts";

/** A machine whose global `host` hands its arguments to `onCall`. */
async function machineWith(
  onCall: (args: HostArguments) => void,
): Promise<{ run(code: string): void } & Disposable> {
  const { engine, limits } = await testWorld();
  const machine = new Machine(await engine.instantiate(limits.memoryBytes), {
    onCall: (args) => onCall(args) ?? undefined,
    onPoll: () => 10_000,
    resolve: (_, name) => name,
    source: () => "",
  });
  const host = machine.newHostFunction();
  const setter = machine.evaluate("(host) => { globalThis.host = host; }", "a");
  machine.free(machine.call(setter, [host]));
  machine.free(setter);
  machine.free(host);
  return {
    run: (code) => machine.free(machine.evaluate(code, "code")),
    [Symbol.dispose]: () => machine.dispose(),
  };
}

const TEXTS: Record<string, string> = {
  "nothing": "",
  "one character": "a",
  "a short one": "X-Seen",
  "ASCII": "a".repeat(5_000),
  "Latin": "\u00e9\u00ff\u0080",
  "a long Latin one": "\u00e9".repeat(300),
  "more than Latin": "\u20ac \u{1f4de} \u4f60",
  "a long one of that": "\u20ac".repeat(6_000),
};

for (const [name, text] of Object.entries(TEXTS)) {
  Deno.test(`text crosses both ways: ${name}`, async () => {
    const seen: (string | undefined)[] = [];
    using machine = await machineWith((args) => {
      seen.push(args.text(0), args.wholeText(0));
    });
    machine.run(`host(${JSON.stringify(text)})`);
    machine.run(`host(${JSON.stringify(text)}.split("").join(""))`);
    assertEquals(seen, [text, text, text, text]);
  });
}

Deno.test("text put together from long pieces crosses", async () => {
  let seen: string | undefined;
  using machine = await machineWith((args) => {
    seen = args.wholeText(0);
  });
  machine.run(`host("a".repeat(3000) + "\u20ac".repeat(3000) + "b")`);
  assertEquals(seen, "a".repeat(3000) + "\u20ac".repeat(3000) + "b");
});

Deno.test("a text with a NUL ends there, or is none", async () => {
  for (const text of ["a\0b", "\0", "\u20ac\0\u20ac", `${"a".repeat(40)}\0`]) {
    let seen: unknown[] = [];
    using machine = await machineWith((args) => {
      seen = [args.text(0), args.wholeText(0)];
    });
    machine.run(`host(${JSON.stringify(text)})`);
    assertEquals(seen, [text.slice(0, text.indexOf("\0")), undefined]);
  }
});

Deno.test("half a surrogate pair comes out as the engine writes it", async () => {
  let seen = "";
  using machine = await machineWith((args) => {
    seen = args.text(0);
  });
  machine.run(`host("a\\ud800b")`);
  assertEquals(seen, "a\ufffd\ufffd\ufffdb");
});

Deno.test("other texts at the same place are not taken for those before", async () => {
  const seen: string[] = [];
  using machine = await machineWith((args) => {
    seen.push(args.text(0));
  });
  machine.run(`for (let i = 0; i < 1000; i++) host("name " + i % 7)`);
  assertEquals(seen, Array.from({ length: 1000 }, (_, i) => `name ${i % 7}`));
});

Deno.test("numbers of every size cross, and what is none is NaN", async () => {
  const seen: number[] = [];
  using machine = await machineWith((args) => {
    seen.push(args.number(0));
  });
  const numbers = [0, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 0.5];
  for (const number of numbers) machine.run(`host(${number})`);
  machine.run("host(undefined)");
  machine.run("host()");
  assertEquals(seen, [...numbers, NaN, NaN]);
});

Deno.test("a number's value takes another number, of whatever size", async () => {
  const { engine, limits } = await testWorld();
  const machine = new Machine(await engine.instantiate(limits.memoryBytes), {
    onCall: () => undefined,
    onPoll: () => 10_000,
    resolve: (_, name) => name,
    source: () => "",
  });
  let value = machine.newNumber(1);
  for (const number of [2, 2 ** 31 - 1, 2 ** 31, 2 ** 40 + 1, 7, -3]) {
    value = machine.renumbered(value, number);
    assertEquals(machine.toNumber(value), number);
  }
  machine.free(value);
  machine.dispose();
});

Deno.test("a memory that grew is read anew", async () => {
  const seen: string[] = [];
  using machine = await machineWith((args) => {
    seen.push(args.text(0));
  });
  machine.run(
    `globalThis.kept = []; for (let i = 0; i < 20; i++) kept.push(new ArrayBuffer(1 << 20)); host("after")`,
  );
  assertEquals(seen, ["after"]);
});

const NUL_USES: Record<string, string> = {
  "get": `headers.get("X-\\0A")`,
  "getAll": `headers.getAll("X-\\0A")`,
  "has": `headers.has("X-\\0A")`,
  "set, in the name": `headers.set("X-\\0A", "a")`,
  "set, in the value": `headers.set("X-A", "a\\0b")`,
  "set, in a long value": `headers.set("X-A", "a".repeat(3000) + "\\0b")`,
  "set, in a value of long pieces":
    `headers.set("X-A", "a".repeat(1500) + "b".repeat(1500) + "\\0" + "c".repeat(1500))`,
  "set, in a value of many alphabets": `headers.set("X-A", "\\u20ac\\0b")`,
  "append": `headers.append("X-A", "a\\0b")`,
  "delete": `headers.delete("X-\\0A")`,
  "rename": `headers.rename("User-Agent", "X-\\0A")`,
};

for (const [name, use] of Object.entries(NUL_USES)) {
  Deno.test(`a NUL is refused by ${name}`, async () => {
    using script = await loadScript(
      `export const inbound = { "*": ({ headers }) => { ${use}; } };`,
    );
    const hook = script.host.acquire().inbound!["*"]!;
    const message = new FakeMessage();
    const error = assertThrows(() => hook(message, fakeLeg()), Error);
    assertEquals(/ has a NUL character$/.test(error.message), true);
    assertEquals(message.headers.has("X-A"), false);
  });
}

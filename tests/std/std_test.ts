/** What std documents for the part that the stand-ins cover; it holds over the originals too. */

import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertInstanceOf,
  AssertionError,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { parse, stringify } from "@std/yaml";

Deno.test("assertions pass quietly on what is so", () => {
  assert(1);
  assertFalse(0);
  assertEquals({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] });
  assertNotEquals<unknown>(0, -0);
  assertStrictEquals("x", "x");
  assertNotStrictEquals({}, {});
  assertExists(0);
  assertInstanceOf(new TypeError(), Error);
  assertMatch("INVITE", /^INV/);
  assertNotMatch("INVITE", /^BYE/);
  assertStringIncludes("a=sendrecv", "send");
  assertArrayIncludes([{ a: 1 }, { a: 2 }], [{ a: 2 }]);
  assertObjectMatch({ a: { b: 1, c: 2 } }, { a: { b: 1 } });
});

Deno.test("assertions throw AssertionError on what is not", async (t) => {
  const failing: Record<string, () => unknown> = {
    assert: () => assert(""),
    assertFalse: () => assertFalse(1),
    assertEquals: () => assertEquals<unknown>({ a: undefined }, {}),
    assertNotEquals: () => assertNotEquals([1], [1]),
    assertStrictEquals: () => assertStrictEquals({}, {}),
    assertNotStrictEquals: () => assertNotStrictEquals(1, 1),
    assertExists: () => assertExists(null),
    assertInstanceOf: () => assertInstanceOf("", Error),
    assertMatch: () => assertMatch("a", /b/),
    assertNotMatch: () => assertNotMatch("b", /b/),
    assertStringIncludes: () => assertStringIncludes("a", "b"),
    assertArrayIncludes: () => assertArrayIncludes([1], [2]),
    assertObjectMatch: () => assertObjectMatch({ a: 1 }, { a: 2 }),
    assertThrows: () => assertThrows(() => 1),
    fail: () => fail("so"),
    unreachable: () => unreachable(),
  };
  for (const [name, run] of Object.entries(failing)) {
    await t.step(name, () => {
      assertThrows(run, AssertionError);
    });
  }
});

Deno.test("assertThrows and assertRejects check class and message and return the error", async () => {
  const boom = new RangeError("port 70000 is too high");
  const throwing = () => {
    throw boom;
  };
  assertStrictEquals(assertThrows(throwing, RangeError, "70000"), boom);
  assertThrows(
    () => assertThrows(throwing, SyntaxError),
    AssertionError,
    "RangeError",
  );
  assertThrows(
    () => assertThrows(throwing, RangeError, "other"),
    AssertionError,
    "to include",
  );
  assertStrictEquals(
    await assertRejects(() => Promise.reject(boom), RangeError),
    boom,
  );
  await assertRejects(
    () => assertRejects(() => Promise.resolve()),
    AssertionError,
    "to reject",
  );
  await assertRejects(
    () => assertRejects(throwing),
    AssertionError,
    "throws when expected to reject",
  );
});

Deno.test("parse reads one YAML document", () => {
  assertEquals(parse("a: 1\nb: [x, true, ~]\n"), {
    a: 1,
    b: ["x", true, null],
  });
  assertEquals(parse(""), null);
  assertEquals(parse("on: 2001-12-14"), { on: new Date("2001-12-14") });
  assertThrows(() => parse("a: 1\na: 2"), SyntaxError);
  assertEquals(parse("a: 1\na: 2", { allowDuplicateKeys: true }), { a: 2 });
  assertThrows(() => parse("a: [1"), SyntaxError);
  assertThrows(() => parse("a: *nobody"), SyntaxError);
});

Deno.test("stringify writes what parse reads", () => {
  const value = {
    listen: ["udp:127.0.0.1:5060"],
    timers: { t1_ms: 500 },
    empty: [],
    none: null,
    text: "yes: no",
  };
  assertEquals(parse(stringify(value)), value);
  assertEquals(stringify({ a: [1] }), "a:\n  - 1\n");
  assertEquals(stringify({ b: 1, a: 2 }, { sortKeys: true }), "a: 2\nb: 1\n");
  assertThrows(() => stringify({ a: () => 1 }), TypeError);
  assertEquals(
    stringify({ a: () => 1, b: 1 }, { skipInvalid: true }),
    "b: 1\n",
  );
});

Deno.test("parseArgs reads every form of an option", () => {
  assertEquals(
    parseArgs(["--foo", "--bar=baz", "./quux.txt"], { boolean: "foo" }),
    {
      _: ["./quux.txt"],
      foo: true,
      bar: "baz",
    },
  );
  assertEquals(parseArgs(["-n5", "-abc", "--port", "80"]), {
    _: [],
    n: 5,
    a: true,
    b: true,
    c: true,
    port: 80,
  });
  assertEquals(parseArgs(["--a=1", "--b"], { string: ["a", "b"] }), {
    _: [],
    a: "1",
    b: "",
  });
  assertEquals(
    parseArgs(["--quiet", "false", "7"], { boolean: ["quiet", "loud"] }),
    {
      _: [7],
      quiet: false,
      loud: false,
    },
  );
});

Deno.test("parseArgs collects, negates, aliases and defaults", () => {
  assertEquals(
    parseArgs(["--l", "a", "--l", "b"], { string: ["l"], collect: ["l"] }).l,
    ["a", "b"],
  );
  assertEquals(parseArgs([], { string: ["l"], collect: ["l"] }).l, []);
  assertEquals(
    parseArgs(["--no-color"], {
      boolean: ["color"],
      negatable: ["color"],
      default: { color: true },
    }),
    {
      _: [],
      color: false,
    },
  );
  assertEquals(parseArgs(["-h"], { boolean: ["help"], alias: { help: "h" } }), {
    _: [],
    help: true,
    h: true,
  });
  assertEquals(parseArgs([], { string: ["x"], default: { x: "1" } }).x, "1");
});

Deno.test("parseArgs stops, keeps what follows --, and asks about the unknown", () => {
  assertEquals(parseArgs(["run", "--x", "1"], { stopEarly: true })._, [
    "run",
    "--x",
    1,
  ]);
  assertEquals(parseArgs(["a", "--", "-b"], { "--": true }), {
    _: ["a"],
    "--": ["-b"],
  });
  assertEquals(parseArgs(["a", "--", "-b"])._, ["a", "-b"]);
  const asked: unknown[] = [];
  const args = parseArgs(["pos", "--odd=3"], {
    unknown: (arg, key, value) => {
      asked.push([arg, key, value]);
      return false;
    },
  });
  assertEquals(args, { _: [] });
  assertEquals(asked, [["pos", undefined, undefined], ["--odd=3", "odd", 3]]);
});

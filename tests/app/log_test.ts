import { assertEquals } from "@std/assert";
import { Log, type LogLevel } from "../../app/log.ts";

const AT = "2026-01-02T03:04:05.006Z";

function capture(
  options: { level?: LogLevel; format?: "text" | "json" } = {},
): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = new Log({
    level: options.level ?? "debug",
    format: options.format ?? "text",
    write: (line) => void lines.push(line),
    wallTime: () => Date.parse(AT),
  });
  return { log, lines };
}

Deno.test("text: one line with time, level, message, fields", () => {
  const { log, lines } = capture();
  log.with({ call: "a1" }).info("call answered", {
    status: 200,
    reason: "All good",
    by: undefined,
    held: false,
  });
  log.error("x");
  assertEquals(lines, [
    `${AT} info  call answered call=a1 status=200 reason="All good" held=false`,
    `${AT} error x`,
  ]);
});

Deno.test("records below the level are dropped", () => {
  const { log, lines } = capture({ level: "warn" });
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assertEquals(lines.length, 2);
});

Deno.test("json: one object a line; a field never hides time, level or message", () => {
  const { log, lines } = capture({ format: "json" });
  log.warn("odd", { message: "mine", status: 400, "from\n": 'a"b' });
  assertEquals(lines, [
    `{"time":"${AT}","level":"warn","message":"odd","message_":"mine","status":400,"from_":"a\\"b"}`,
  ]);
});

Deno.test("what the network sent cannot forge a line or move the cursor", () => {
  const evil = "x\r\n2026 error forged\x1b[2J\u0085\u2028\u202e\ud800\0";
  for (const format of ["text", "json"] as const) {
    const { log, lines } = capture({ format });
    log.info(evil, { value: evil, "k=v\n": 1 });
    const line = lines[0] ?? "";
    assertEquals(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(line), false);
    if (format === "json") assertEquals(JSON.parse(line).value, evil);
  }
});

Deno.test("long values are cut, and say so", () => {
  const { log, lines } = capture();
  log.info("big", { value: "A".repeat(65_536) });
  assertEquals(lines[0]?.endsWith('... (65536 characters)"'), true);
  assertEquals((lines[0]?.length ?? 0) < 2200, true);
});

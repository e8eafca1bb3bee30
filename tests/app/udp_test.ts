import { assert, assertEquals } from "@std/assert";
import { udpMaker } from "../../app/udp.ts";
import type { LogRecord } from "../../core/base/observer.ts";
import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import { BatchedUdpTransport } from "../../core/transport/batched_udp.ts";
import { Libc, openLibc } from "../../core/transport/libc.ts";
import { UdpTransport } from "../../core/transport/udp.ts";

const ANY = { host: "127.0.0.1", port: 0 };

Deno.test("plain is plain, and says nothing", () => {
  const { records, log } = recorder();
  assert(
    udpMaker("plain", { log })(ANY, DEFAULT_LIMITS) instanceof UdpTransport,
  );
  assertEquals(records, []);
});

Deno.test("batched where the C library may be called, else plain with one line", () => {
  const libc = openLibc();
  const isThere = libc instanceof Libc;
  const unasked = !isThere && libc.denied ? "debug" : "info";
  for (const choice of ["auto", "batched"] as const) {
    const { records, log } = recorder();
    const make = udpMaker(choice, { log });
    for (
      const transport of [make(ANY, DEFAULT_LIMITS), make(ANY, DEFAULT_LIMITS)]
    ) {
      assertEquals(transport instanceof BatchedUdpTransport, isThere);
    }
    const level = choice === "auto" ? unasked : "warn";
    assertEquals(records.map((one) => one.level), isThere ? [] : [level]);
  }
});

function recorder(): { records: LogRecord[]; log(record: LogRecord): void } {
  const records: LogRecord[] = [];
  return { records, log: (record) => void records.push(record) };
}

/**
 * What keys leave on the heap for each packet: bytes allocated over 200,000 packets, after as many to warm up. The
 * smallest object has 12; a byte or more a packet means that packets allocate, and fails.
 * `deno run -A --v8-flags=--expose-gc bench/micro/dtmf_memory.ts`
 */

import { steps } from "./dtmf_steps.ts";

const PACKETS = 200_000;

const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error("run with --v8-flags=--expose-gc");

let allocates = false;
for (const { name, run } of steps()) {
  for (let time = 0; time < PACKETS; time++) run();
  gc();
  const before = Deno.memoryUsage().heapUsed;
  for (let time = 0; time < PACKETS; time++) run();
  const bytes = Deno.memoryUsage().heapUsed - before;
  console.log(`${name}: ${(bytes / PACKETS).toFixed(2)} bytes a packet`);
  // Fewer than before: the collector ran, so there was something to collect.
  allocates ||= Math.abs(bytes) >= PACKETS;
}
Deno.exit(allocates ? 1 : 0);

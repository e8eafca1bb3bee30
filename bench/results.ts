/** The figures of a run, as they are saved and compared. */

import { z } from "zod";

/** What the figures were made on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
  readonly deno: string;
}

/** One server at one rate, calls hung up at once. */
export interface RateCell {
  readonly server: string;
  readonly perSecond: number;
  readonly completed: number;
  readonly failed: number;
  readonly retransmitted: number;
  readonly cpuMicrosPerCall: number;
  /** INVITE to 200 at the caller; null where no call was set up. */
  readonly setupMs: { readonly p50: number; readonly p99: number } | null;
}

/** One server that holds calls. */
export interface HeldCell {
  readonly server: string;
  readonly calls: number;
  readonly failed: number;
  readonly retransmitted: number;
  /** Resident memory, kB of 1024, before the first call and with all up. */
  readonly beforeKb: number;
  readonly heldKb: number;
}

/** A run. */
export interface Results {
  readonly format: 1;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly quick: boolean;
  readonly machine: Machine;
  /** The server that the others are compared with. */
  readonly floor: string;
  readonly rates: readonly RateCell[];
  readonly held: readonly HeldCell[];
}

/** What an operator asked for and cannot have; `message` is one line. */
export class BenchError extends Error {
  override readonly name = "BenchError";
  readonly code = "BENCH_INPUT";
}

const amount = z.number().nonnegative();

const schema = z.strictObject({
  format: z.literal(1),
  madeAt: z.string(),
  quick: z.boolean(),
  machine: z.strictObject({
    cores: amount,
    cpu: z.string(),
    kernel: z.string(),
    deno: z.string(),
  }),
  floor: z.string(),
  rates: z.array(z.strictObject({
    server: z.string(),
    perSecond: z.number().positive(),
    completed: amount,
    failed: amount,
    retransmitted: amount,
    cpuMicrosPerCall: amount,
    setupMs: z.strictObject({ p50: amount, p99: amount }).nullable(),
  })),
  held: z.array(z.strictObject({
    server: z.string(),
    calls: z.number().positive(),
    failed: amount,
    retransmitted: amount,
    beforeKb: amount,
    heldKb: amount,
  })),
});

/** Reads a saved run; throws a {@linkcode BenchError} that names `name` and the place in it. */
export function parseResults(text: string, name: string): Results {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BenchError(`Cannot read saved run "${name}": it is not JSON`);
  }
  const { success, data, error } = schema.safeParse(json);
  if (success) return data;
  const [first] = error.issues;
  const at = first?.path.join(".") || "the whole";
  throw new BenchError(
    `Cannot read saved run "${name}": ${at}: ${first?.message ?? "unknown"}`,
  );
}

/** What {@linkcode parseResults} reads. */
export function formatResults(results: Results): string {
  return `${JSON.stringify(results, null, 2)}\n`;
}

/** The questions that RFC 3263 asks of the domain name system, and the order its answers are to be tried in. */

import { LegworkError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";

/** A NAPTR record (RFC 3403 section 4.1). */
export interface Naptr {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  /** `SIP+D2U`, `SIPS+D2T` and the like. */
  readonly services: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** An SRV record (RFC 2782). */
export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/**
 * The domain name system. Each question is answered with no records where the name or the type does not exist, and
 * rejected with a {@linkcode DnsFailure} where the server fails. Names come without a final dot.
 */
export interface Dns {
  naptr(name: string): Promise<readonly Naptr[]>;
  srv(name: string): Promise<readonly Srv[]>;
  a(name: string): Promise<readonly string[]>;
  aaaa(name: string): Promise<readonly string[]>;
}

/** A name server failed, refused or did not answer: whether the name exists is not known. */
export class DnsFailure extends LegworkError {
  override readonly name = "DnsFailure";

  constructor(question: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super("DNS", `Cannot resolve ${question}: ${why}`);
  }
}

/**
 * RFC 2782, "Usage rules": by priority, and within one priority at random, each record as often first as its weight
 * has it.
 */
export function inTrialOrder(
  records: readonly Srv[],
  random: Random,
): readonly Srv[] {
  if (records.length < 2) return records;
  // "place all those with weight 0 at the beginning of the list".
  const left = [...records].sort((a, b) =>
    a.priority - b.priority || Number(a.weight > 0) - Number(b.weight > 0)
  );
  const ordered: Srv[] = [];
  while (left.length > 0) {
    const { priority } = left[0]!;
    let sum = 0;
    for (const record of left) {
      if (record.priority === priority) sum += record.weight;
    }
    // "choose a uniform random number between 0 and the sum computed (inclusive), and select the RR whose running
    // sum value is the first in the selected order which is greater than or equal to the random number selected."
    const chosen = Math.floor(random.fraction() * (sum + 1));
    let running = 0;
    const at = left.findIndex((record) => {
      running += record.weight;
      return running >= chosen;
    });
    ordered.push(...left.splice(at, 1));
  }
  return ordered;
}

/** What happened in one run of a ladder, for reports and for comparison. */

import { messageLabel } from "./live.ts";
import type { Arrow } from "./print.ts";
import type { Fate, Sent } from "./wire.ts";

/** One message of a run. */
export interface Logged {
  readonly sent: Sent;
  readonly fate: Fate;
  /** Which step it was taken for; undefined for none. */
  readonly step: number | undefined;
}

/** Why a run failed. */
export interface RunFailure {
  /** Which step it failed at; undefined after the last one. */
  readonly step: number | undefined;
  /** What was found, then what was wanted. */
  readonly message: string;
  readonly atMs: number;
}

/** One run. */
export interface RunResult {
  readonly failure: RunFailure | undefined;
  readonly log: readonly Logged[];
  /** What came of each request and call, to compare runs by. */
  readonly outcome: readonly string[];
  /** Virtual time from the first message to the last. */
  readonly durationMs: number;
}

/** More messages than any ladder needs: a loop. */
const MAX_MESSAGES = 5_000;

/** Collects what happens. */
export class RunLog {
  readonly entries: Logged[] = [];
  readonly #bodies = new Map<string, Uint8Array>();
  failure: RunFailure | undefined;

  add(entry: Logged): void {
    this.entries.push(entry);
    const { sent } = entry;
    if (sent.message.body.length > 0) {
      this.#bodies.set(`${sent.from} ${sent.to}`, sent.message.body);
    }
    if (this.entries.length > MAX_MESSAGES) {
      this.fail({
        step: undefined,
        message: `${MAX_MESSAGES} messages were sent, wanted an end`,
        atMs: sent.atMs,
      });
    }
  }

  /** The body last sent the same way. */
  lastBody(sent: Sent): Uint8Array | undefined {
    return this.#bodies.get(`${sent.from} ${sent.to}`);
  }

  /** Only the first failure counts. */
  fail(failure: RunFailure): void {
    this.failure ??= failure;
  }
}

/** The messages of a run as arrows. */
export function arrowsOf(log: readonly Logged[]): Arrow[] {
  return log.map(({ sent, fate }) => ({
    atMs: sent.atMs,
    from: sent.from,
    to: sent.to,
    label: messageLabel(sent.message),
    marks: { ...fate, again: sent.again },
  }));
}

/** `legwork -> pbx  INVITE`. */
export function sentText(sent: Sent): string {
  return `${sent.from} -> ${sent.to}  ${messageLabel(sent.message)}${
    sent.again ? "  again" : ""
  }`;
}

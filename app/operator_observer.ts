/** What an operator learns of what happens below: counters, and lines in the log. */

import {
  CountingObserver,
  type LogRecord,
  type Observer,
} from "../core/base/observer.ts";
import { flowText, type MediaSummary } from "../core/media/media_summary.ts";
import type { CallSummary } from "../core/call/policy.ts";
import type { Log } from "./log.ts";

/** Counts, and writes records to a log. */
export class OperatorObserver extends CountingObserver implements Observer {
  readonly #log: Log;

  constructor(log: Log) {
    super();
    this.#log = log;
  }

  override log({ level, text, fields }: LogRecord): void {
    this.#log[level](text, fields);
  }

  /** One line for a call that is over. */
  callEnded(summary: CallSummary): void {
    const { from, to, status, cause, answeredAtMs, endedAtMs } = summary;
    this.#log.info("call ended", {
      call: summary.id,
      from,
      to,
      status,
      cause,
      by: summary.endedBy,
      seconds: answeredAtMs === undefined
        ? 0
        : Math.max(0, Math.round((endedAtMs - answeredAtMs) / 100) / 10),
      ...mediaFields(summary.media),
    });
  }

  /** Something threw where nothing may: counted and logged, and nothing else happens. */
  fault(what: string, error: unknown): void {
    this.count("app_faults");
    this.#log.error(what, {
      error: error instanceof Error
        ? error.stack ?? error.message
        : String(error),
    });
  }

  /** All counters in one line, at the end. */
  logCounters(): void {
    const counters = [...this.counters].sort(([a], [b]) => a < b ? -1 : 1);
    this.#log.debug("counters", Object.fromEntries(counters));
  }
}

/** What was relayed, as `a: 100 packets, 0 lost, 0.2 ms`, for each stream and side. */
function mediaFields(
  media: MediaSummary | undefined,
): Record<string, string> {
  if (media === undefined) return {};
  return { media: media.mode, flows: media.flows.map(flowText).join("; ") };
}

/** What came of a peer's requests and of those it received: what two runs are compared by. */

import type { SipRequest } from "../../core/message/message.ts";

/** Collects final statuses. */
export class PeerOutcome {
  readonly #lines = new Map<string, string>();

  /** Only the first outcome of a request counts: a 2xx may come again, and forks send several. */
  record(
    way: "sent" | "received",
    request: SipRequest,
    outcome: number | "timeout" | "transport",
  ): void {
    const { method, callId, cseq, via } = request;
    const key = [way, method, callId, cseq?.number, via?.branch].join(" ");
    if (this.#lines.has(key)) return;
    this.#lines.set(key, `${way} ${method}: ${outcome}`);
  }

  /** A line each, in an order that does not depend on time. */
  lines(peer: string): string[] {
    return [...this.#lines.values()].map((line) => `${peer} ${line}`).sort();
  }
}

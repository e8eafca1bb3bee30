/** The server transaction of every request but INVITE and ACK: RFC 3261 section 17.2.2 as RFC 4320 amends it. */

import { responseTo } from "../message/build.ts";
import type { SipResponse } from "../message/message.ts";
import { ServerTransaction } from "./server_transaction.ts";
import type { TransactionTimers } from "./timers.ts";

type State = "trying" | "proceeding" | "completed" | "terminated";

/** A request of a peer's other than INVITE. */
export class NonInviteServer extends ServerTransaction {
  #state: State = "trying";
  /** RFC 4320 §4.1: the time for a 100 has come. */
  #slow = false;

  override get state(): State {
    return this.#state;
  }

  override start(): void {
    const { clock, timers } = this.host;
    this.deadline = clock.schedule(timerEReachesT2Ms(timers), this, "100");
  }

  override receiveAgain(): void {
    // §17.2.2: "Once in the "Trying" state, any further request retransmissions are discarded." In "Proceeding", "the
    // most recently sent provisional response MUST be passed to the transport layer for retransmission", in "Completed"
    // the final one. What is to be sent again is what is kept.
    this.sendAgain();
  }

  override respond(response: SipResponse): void {
    if (this.#state === "completed" || this.#state === "terminated") {
      // §17.2.2: "Any other final responses passed by the TU to the server transaction MUST be discarded while in the
      // "Completed" state."
      this.ignoreLate();
    } else if (response.status >= 200) {
      this.#onFinal(response);
    } else if (response.status === 100 && (this.#slow || this.flow.reliable)) {
      this.#sendTrying(response);
    } else {
      // RFC 4320 §4.1: "An SIP element MUST NOT send any provisional response with a Status-Code other than 100 to a
      // non-INVITE request", nor a 100 "over any unreliable transport, such as UDP, before the amount of time it takes a
      // client transaction's Timer E to be reset to T2".
      this.host.observer.count("transaction_provisionals_withheld");
    }
  }

  override abandon(): void {
    this.#state = "terminated";
    super.abandon();
  }

  protected override onMachineTimer(name: string): void {
    switch (name) {
      case "100": {
        // RFC 4320 §4.2: "an element that can not respond before the transaction expires will not send a final response at
        // all": the client's timer F is 64*T1.
        const { clock, timers } = this.host;
        const leftMs = 64 * timers.t1Ms - timerEReachesT2Ms(timers);
        this.deadline = clock.schedule(leftMs, this, "expired");
        // RFC 4320 §4.1: "Without regard to transport, an SIP element MUST respond to a non-INVITE request with a
        // Status-Code of 100 if it has not otherwise responded after the amount of time it takes a client transaction's
        // Timer E to be reset to T2."
        this.#slow = true;
        if (this.#state === "trying") {
          this.#sendTrying(responseTo(this.request, 100));
        }
        break;
      }
      case "expired":
        this.host.observer.count("transaction_unanswered_requests");
        this.destroy();
        break;
    }
  }

  #sendTrying(response: SipResponse): void {
    this.#state = "proceeding";
    this.sendNew(response);
  }

  #onFinal(response: SipResponse): void {
    const { clock, timers } = this.host;
    this.#state = "completed";
    clock.cancel(this.deadline);
    if (response.status === 408) {
      // RFC 4320 §4.2: "A transaction-stateful SIP element MUST NOT send a response with Status-Code of 408 to a
      // non-INVITE request."
      this.host.observer.count("transaction_timeouts_withheld");
      this.forgetResponse();
    } else {
      this.sendNew(response);
    }
    // §17.2.2: "When the server transaction enters the "Completed" state, it MUST set Timer J to fire in 64*T1 seconds
    // for unreliable transports, and zero seconds for reliable transports." And: "The server transaction remains in this
    // state until Timer J fires, at which point it MUST transition to the "Terminated" state."
    if (this.flow.reliable) {
      this.destroy();
      this.slim();
    } else {
      this.absorb(64 * timers.t1Ms);
    }
  }
}

/** When timer E, having doubled from T1, is first reset to T2: 3.5 s with the default timers. */
function timerEReachesT2Ms(timers: TransactionTimers): number {
  let intervalMs = timers.t1Ms;
  let afterMs = intervalMs;
  while (2 * intervalMs < timers.t2Ms) {
    intervalMs *= 2;
    afterMs += intervalMs;
  }
  return afterMs;
}

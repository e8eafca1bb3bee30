/** The INVITE server transaction: RFC 3261 section 17.2.1 with the accepted state of RFC 6026. */

import { responseTo } from "../message/build.ts";
import type { SipResponse } from "../message/message.ts";
import { ServerTransaction } from "./server_transaction.ts";

/** §17.2.1: the 100 is due unless "the TU will generate a provisional or final response within 200 ms". */
const TRYING_AFTER_MS = 200;

type State =
  | "proceeding"
  | "accepted"
  | "completed"
  | "confirmed"
  | "terminated";

/** An INVITE of a peer's. */
export class InviteServer extends ServerTransaction {
  #state: State = "proceeding";
  #intervalMs = 0;
  /** When timer L fires, once it runs. */
  #acceptedUntilMs = Infinity;

  override get state(): State {
    // RFC 6026 §7.1: "When Timer L fires and the state machine is in the "Accepted" state, the machine MUST transition to
    // the "Terminated" state." The timer is the table's, which holds no transaction for it.
    if (this.host.clock.now() >= this.#acceptedUntilMs) return "terminated";
    return this.#state;
  }

  override start(): void {
    // §17.2.1: "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will generate a
    // provisional or final response within 200 ms, in which case it MAY generate a 100 (Trying) response."
    this.repeat = this.host.clock.schedule(TRYING_AFTER_MS, this, "100");
  }

  override receiveAgain(): void {
    switch (this.state) {
      case "proceeding":
        // §17.2.1: "If a request retransmission is received while in the "Proceeding" state, the most recent provisional
        // response that was received from the TU MUST be passed to the transport layer for retransmission."
        this.sendAgain();
        break;
      case "completed":
        // §17.2.1: "while in the "Completed" state, if a request retransmission is received, the server SHOULD pass the
        // response to the transport for retransmission."
        this.sendAgain();
        break;
      case "accepted":
        // RFC 6026 §7.1: retransmissions of the INVITE are absorbed; it is the TU that repeats its 2xx.
      case "confirmed":
      case "terminated":
        break;
    }
  }

  /** An ACK of this INVITE's branch. True when it is the user's, since it acknowledges a 2xx. */
  receiveAck(): boolean {
    switch (this.state) {
      case "accepted":
        // RFC 6026 §7.1: "Any ACKs received from the network while in the "Accepted" state MUST be passed directly to the
        // TU and not absorbed."
        return true;
      case "completed":
        this.#onAck();
        return false;
      case "confirmed":
        // §17.2.1: "The purpose of the "Confirmed" state is to absorb any additional ACK messages that arrive".
      case "proceeding":
      case "terminated":
        return false;
    }
  }

  override respond(response: SipResponse): void {
    switch (this.state) {
      case "proceeding":
        this.host.clock.cancel(this.repeat);
        if (response.status < 200) {
          // §17.2.1: "The TU passes any number of provisional responses to the server transaction. So long as the server
          // transaction is in the "Proceeding" state, each of these MUST be passed to the transport layer".
          this.sendNew(response);
        } else if (response.status < 300) {
          this.#accept(response);
        } else {
          this.#refuse(response);
        }
        break;
      case "accepted":
        // RFC 6026 §7.1: in "Accepted" a 2xx that the TU passes goes to the transport layer again.
        if (response.status >= 200 && response.status < 300) {
          this.#sendOnce(response);
        } else {
          this.ignoreLate();
        }
        break;
      case "completed":
      case "confirmed":
      case "terminated":
        // The answer is given: §17.2.2 says of the other machine that more of them "MUST be discarded".
        this.ignoreLate();
        break;
    }
  }

  override abandon(): void {
    this.#state = "terminated";
    super.abandon();
  }

  protected override onMachineTimer(name: string): void {
    switch (name) {
      case "100":
        this.sendNew(responseTo(this.request, 100));
        break;
      case "G":
        // §17.2.1: "If timer G fires, the response is passed to the transport layer once more for retransmission, and
        // timer G is set to fire in MIN(2*T1, T2) seconds. From then on, when timer G fires, [...] timer G is reset with
        // a value that doubles, unless that value exceeds T2, in which case it is reset with the value of T2."
        this.sendAgain();
        this.#intervalMs = Math.min(
          2 * this.#intervalMs,
          this.host.timers.t2Ms,
        );
        this.repeat = this.host.clock.schedule(this.#intervalMs, this, "G");
        break;
      case "H":
        // §17.2.1: "If timer H fires while in the "Completed" state, it implies that the ACK was never received. In this
        // case, the server transaction MUST transition to the "Terminated" state, and MUST indicate to the TU that a
        // transaction failure has occurred."
        this.#state = "terminated";
        this.host.observer.count("transaction_ack_timeouts");
        this.user?.onAckTimeout?.();
        this.destroy();
        break;
    }
  }

  #accept(response: SipResponse): void {
    // RFC 6026 §8.5: after a 2xx "the server transaction MUST then transition to the "Accepted" state". Timer L is 64*T1
    // on every transport.
    this.#state = "accepted";
    const { clock, timers } = this.host;
    const timerLMs = 64 * timers.t1Ms;
    this.#acceptedUntilMs = clock.now() + timerLMs;
    this.#sendOnce(response);
    this.absorb(timerLMs);
  }

  /** A 2xx is the user's to repeat (§13.3.1.4), so nothing of it is kept here but the tag. */
  #sendOnce(response: SipResponse): void {
    this.sendNew(response);
    this.forgetResponse();
  }

  #refuse(response: SipResponse): void {
    this.#state = "completed";
    const { clock, timers } = this.host;
    // §17.2.1: "For unreliable transports, timer G is set to fire in T1 seconds, and is not set to fire for reliable
    // transports." And: "When the "Completed" state is entered, timer H MUST be set to fire in 64*T1 seconds for all
    // transports."
    if (!this.flow.reliable) {
      this.#intervalMs = timers.t1Ms;
      this.repeat = clock.schedule(this.#intervalMs, this, "G");
    }
    this.deadline = clock.schedule(64 * timers.t1Ms, this, "H");
    this.slim();
    this.sendNew(response);
  }

  #onAck(): void {
    const { clock, timers } = this.host;
    // §17.2.1: "If an ACK is received while the server transaction is in the "Completed" state, the server transaction
    // MUST transition to the "Confirmed" state. As Timer G is ignored in this state, any retransmissions of the response
    // will cease."
    this.#state = "confirmed";
    clock.cancel(this.repeat);
    clock.cancel(this.deadline);
    this.forgetResponse();
    // §17.2.1: "timer I is set to fire in T4 seconds for unreliable transports, and zero seconds for reliable transports."
    if (this.flow.reliable) this.destroy();
    else this.absorb(timers.t4Ms, { confirmed: true });
  }
}

/**
 * A 2xx we sent to an INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4).
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { SipResponse } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { TransactionTimers } from "../transaction/timers.ts";

/** Who is told how it went. */
export interface AcceptanceUser {
  /** 64*T1 passed without an ACK. */
  onNoAck(): void;
}

/** The wait for one ACK. */
export class Acceptance implements Timed {
  /** The sequence number of the INVITE, which its ACK carries. */
  readonly cseq: number;
  readonly #clock: Clock;
  readonly #timers: TransactionTimers;
  readonly #transaction: ServerTransaction;
  readonly #response: SipResponse;
  readonly #user: AcceptanceUser;
  #intervalMs: number;
  #repeat: Timer | undefined;
  #giveUp: Timer | undefined;

  /** Sends the 2xx and starts repeating it. */
  constructor(
    parts: { transaction: ServerTransaction; response: SipResponse },
    context: {
      clock: Clock;
      timers: TransactionTimers;
      user: AcceptanceUser;
    },
  ) {
    keepSample(KINDS.acceptance, this);
    this.#transaction = parts.transaction;
    // The response has that of its request, which is known.
    this.cseq = parts.transaction.request.cseq?.number ?? 0;
    this.#response = parts.response;
    this.#clock = context.clock;
    this.#timers = context.timers;
    this.#user = context.user;
    this.#intervalMs = context.timers.t1Ms;
    this.#transaction.respond(this.#response);
    // "The 2xx response is passed to the transport with an interval that starts at T1 seconds and doubles for each
    // retransmission until it reaches T2 seconds. [...] This is independent of whatever transport protocols are used".
    this.#repeat = this.#clock.schedule(this.#intervalMs, this, "repeat");
    // "If the server retransmits the 2xx response for 64*T1 seconds without receiving an ACK, the dialog is confirmed,
    // but the session SHOULD be terminated. This is accomplished with a BYE".
    this.#giveUp = this.#clock.schedule(64 * this.#timers.t1Ms, this, "giveUp");
  }

  /** The ACK came, or the wait is given up: no more repeats. */
  stop(): void {
    this.#clock.cancel(this.#repeat);
    this.#clock.cancel(this.#giveUp);
  }

  onTimer(name: string): void {
    if (name === "repeat") {
      this.#transaction.respond(this.#response);
      this.#intervalMs = Math.min(2 * this.#intervalMs, this.#timers.t2Ms);
      this.#repeat = this.#clock.schedule(this.#intervalMs, this, "repeat");
    } else {
      this.stop();
      this.#user.onNoAck();
    }
  }
}

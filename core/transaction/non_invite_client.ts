/** The client transaction of every request but INVITE and ACK: RFC 3261 section 17.1.2. */

import type { SipResponse } from "../message/message.ts";
import {
  type ClientFailure,
  type ClientHost,
  type ClientParts,
  ClientTransaction,
} from "./client_transaction.ts";

type State = "trying" | "proceeding" | "completed" | "terminated";

/** A request of ours other than INVITE. */
export class NonInviteClient extends ClientTransaction {
  readonly #onceMs: number | undefined;
  #state: State = "trying";
  #intervalMs = 0;

  constructor(parts: ClientParts, host: ClientHost) {
    super(parts, host);
    this.#onceMs = parts.onceMs;
  }

  override get state(): State {
    return this.#state;
  }

  override start(): void {
    const { clock, timers } = this.host;
    // §17.1.2.2: "The client transaction SHOULD set timer F to fire in 64*T1 seconds."
    this.deadline = clock.schedule(
      this.#onceMs ?? 64 * timers.t1Ms,
      this,
      "F",
    );
    // §17.1.2.2: "If an unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds."
    // Departs from RFC 3261 §17.1.2.2: a keep-alive is sent once, the next one takes the place of a retransmission, and
    // Timer F is as long as an answer is waited for.
    if (!this.#lossless) {
      this.#intervalMs = timers.t1Ms;
      this.repeat = clock.schedule(this.#intervalMs, this, "E");
    }
    // §17.1.2.2: "The request MUST be passed to the transport layer for transmission."
    this.sendRequest();
  }

  override receive(response: SipResponse): void {
    switch (this.#state) {
      case "trying":
      case "proceeding":
        if (response.status < 200) {
          // §17.1.2.2: "If a provisional response is received while in the "Trying" state, the response MUST be passed
          // to the TU, and then the client transaction SHOULD move to the "Proceeding" state." Timers E and F run on.
          this.#state = "proceeding";
          this.user?.onResponse(response, this);
        } else {
          this.#onFinal(response);
        }
        break;
      case "completed":
      case "terminated":
        // §17.1.2.2: "The "Completed" state exists to buffer any additional response retransmissions that may be
        // received (which is why the client transaction remains there only for unreliable transports)."
        break;
    }
  }

  override abandon(): void {
    this.#state = "terminated";
    super.abandon();
  }

  protected override get waiting(): boolean {
    return this.#state === "trying" || this.#state === "proceeding";
  }

  protected override onMachineTimer(name: string): void {
    switch (name) {
      case "E": {
        this.sendRequest();
        // §17.1.2.2: "When the timer fires again, it is reset to a MIN(4*T1, T2)", doubling up to T2; "If Timer E fires
        // while in the "Proceeding" state, [...] Timer E MUST be reset with a value of T2 seconds."
        const { t2Ms } = this.host.timers;
        this.#intervalMs = this.#state === "proceeding"
          ? t2Ms
          : Math.min(2 * this.#intervalMs, t2Ms);
        this.repeat = this.host.clock.schedule(this.#intervalMs, this, "E");
        break;
      }
      case "F":
        // §17.1.2.2: "If Timer F fires while the client transaction is still in the "Trying" state, the client
        // transaction SHOULD inform the TU about the timeout, and then it SHOULD enter the "Terminated" state", and the
        // same "while in the "Proceeding" state".
        this.#fail("timeout");
        break;
    }
  }

  protected override onTransportError(): void {
    // §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred, and the client
    // transaction SHOULD transition directly to the "Terminated" state."
    if (this.#state === "trying" || this.#state === "proceeding") {
      this.#fail("transport");
    }
  }

  #onFinal(response: SipResponse): void {
    this.#state = "completed";
    this.settle();
    // §17.1.2.2: "Once the client transaction enters the "Completed" state, it MUST set Timer K to fire in T4 seconds
    // for unreliable transports, and zero seconds for reliable transports." What was sent once is answered once.
    // "If Timer K fires while in this state, the client transaction MUST transition to the "Terminated" state."
    if (!this.#lossless) {
      this.host.absorb(this, { waitMs: this.host.timers.t4Ms });
    }
    this.user?.onResponse(response, this);
    if (this.#lossless) this.#end();
    else this.user?.onTerminated?.(this);
  }

  /** Nothing is sent again: it cannot get lost, or it may. */
  get #lossless(): boolean {
    return this.flow.reliable || this.#onceMs !== undefined;
  }

  #fail(failure: ClientFailure): void {
    this.#state = "terminated";
    this.user?.onFailure(failure, this);
    this.destroy();
  }

  #end(): void {
    if (this.#state !== "terminated") this.destroy();
  }
}

/**
 * The INVITE client transaction: RFC 3261 section 17.1.1 with the accepted state of RFC 6026, and CANCEL (9.1).
 *
 * @module
 */

import { ackFor, cancelFor } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serialize } from "../message/serialize.ts";
import { type ClientFailure, ClientTransaction } from "./client_transaction.ts";

/** §17.1.1.2: timer D is "at least 32 seconds for unreliable transports", whatever our own T1. */
const TIMER_D_LEAST_MS = 32_000;

type State = "calling" | "proceeding" | "completed" | "accepted" | "terminated";

/** An INVITE of ours. */
export class InviteClient extends ClientTransaction {
  #state: State = "calling";
  #intervalMs = 0;
  /** Undefined: not wanted. Wanted while calling, it waits for a provisional response. */
  #cancel: { readonly reason: string | undefined; sent: boolean } | undefined;
  #ack:
    | { readonly request: SipRequest; readonly bytes: Uint8Array }
    | undefined;

  override get state(): State {
    return this.#state;
  }

  override start(): void {
    const { clock, timers } = this.host;
    // §17.1.1.2: "If an unreliable transport is being used, the client transaction MUST start timer A with a value of
    // T1. If a reliable transport is being used, the client transaction SHOULD NOT start timer A".
    if (!this.flow.reliable) {
      this.#intervalMs = timers.t1Ms;
      this.repeat = clock.schedule(this.#intervalMs, this, "A");
    }
    // §17.1.1.2: "For any transport, the client transaction MUST start timer B with a value of 64*T1 seconds".
    this.deadline = clock.schedule(64 * timers.t1Ms, this, "B");
    // "The client transaction MUST pass the request to the transport layer for transmission": last, so that not even a
    // response that is back at once finds the machine half made.
    this.sendRequest();
  }

  override receive(response: SipResponse): void {
    switch (this.#state) {
      case "calling":
      case "proceeding":
        if (response.status < 200) this.#onProvisional(response);
        else if (response.status < 300) this.#onSuccess(response);
        else this.#onRefusal(response);
        break;
      case "accepted":
        // RFC 6026 §8.4 has every 2xx passed to the TU in "Accepted"; anything else a fork still sends is of no more use.
        if (response.status >= 200 && response.status < 300) {
          this.user?.onResponse(response, this);
        }
        break;
      case "completed":
        // §17.1.1.2: "Any retransmissions of the final response that are received while in the "Completed" state MUST
        // cause the ACK to be re-passed to the transport layer for retransmission, but the newly received response
        // MUST NOT be passed up to the TU."
        if (response.status >= 300) this.#sendAck();
        break;
      case "terminated":
        break;
    }
  }

  override cancel(reason?: string): void {
    switch (this.#state) {
      case "calling":
        // §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent; rather, the client
        // MUST wait for the arrival of a provisional response before sending the request."
        this.#cancel ??= { reason, sent: false };
        break;
      case "proceeding":
        this.#cancel ??= { reason, sent: false };
        this.#sendCancel();
        break;
      case "completed":
      case "accepted":
      case "terminated":
        // §9.1: "If the original request has generated a final response, the CANCEL SHOULD NOT be sent".
        break;
    }
  }

  override abandon(): void {
    this.#state = "terminated";
    super.abandon();
  }

  override expired(): void {
    // RFC 6026 §8.4: "If Timer M fires while the client transaction is in the "Accepted" state, the client transaction MUST
    // move to the "Terminated" state."
    this.#state = "terminated";
    super.expired();
  }

  protected override get waiting(): boolean {
    return this.#state === "calling" || this.#state === "proceeding";
  }

  protected override onMachineTimer(name: string): void {
    switch (name) {
      case "A":
        // §17.1.1.2: "When timer A fires, the client transaction MUST retransmit the request by passing it to the
        // transport layer, and MUST reset the timer with a value of 2*T1", and so on, doubling.
        this.sendRequest();
        this.#intervalMs *= 2;
        this.repeat = this.host.clock.schedule(this.#intervalMs, this, "A");
        break;
      case "B":
        // §17.1.1.2: "If the client transaction is still in the "Calling" state when timer B fires, the client
        // transaction SHOULD inform the TU that a timeout has occurred. The client transaction MUST NOT generate an ACK."
        this.#fail("timeout");
        break;
      case "cancelled":
        // §9.1: "If there is no final response for the original request in 64*T1 seconds [...] the client SHOULD then
        // consider the original transaction cancelled and SHOULD destroy the client transaction".
        this.#fail("timeout");
        break;
    }
  }

  protected override onTransportError(): void {
    switch (this.#state) {
      case "calling":
      case "proceeding":
        // §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred, and the client
        // transaction SHOULD transition directly to the "Terminated" state."
        this.#fail("transport");
        break;
      case "completed":
        // §17.1.1.2 asks the same for an ACK that cannot be sent; the user has its final response and needs no second.
        this.abandon();
        this.host.remove(this);
        break;
      case "accepted":
      case "terminated":
        break;
    }
  }

  #onProvisional(response: SipResponse): void {
    if (this.#state === "calling") {
      // §17.1.1.2: "If the client transaction receives a provisional response while in the "Calling" state, it
      // transitions to the "Proceeding" state. In the "Proceeding" state, the client transaction SHOULD NOT retransmit
      // the request any longer." Timer B counts in "Calling" only.
      this.#state = "proceeding";
      this.settle();
    }
    // "Furthermore, the provisional response MUST be passed to the TU."
    this.user?.onResponse(response, this);
    if (this.#state === "proceeding") this.#sendCancel();
  }

  #onSuccess(response: SipResponse): void {
    // RFC 6026 §8.4: of a 2xx received "while in either the "Calling" or "Proceeding" states, the client transaction MUST
    // transition to the "Accepted" state [...]. The 2xx response MUST be passed up to the TU. The client transaction MUST
    // NOT generate an ACK to the 2xx response". Timer M is 64*T1 on any transport: it waits for the 2xx of other forks.
    this.#state = "accepted";
    this.settle();
    const waitMs = 64 * this.host.timers.t1Ms;
    this.host.absorb(this, { waitMs, heard: true });
    this.user?.onResponse(response, this);
    this.slim();
  }

  #onRefusal(response: SipResponse): void {
    // §17.1.1.2: "When in either the "Calling" or "Proceeding" states, reception of a response with status code from
    // 300-699 MUST cause the client transaction to transition to "Completed". The client transaction MUST pass the
    // received response up to the TU, and the client transaction MUST generate an ACK request".
    this.#state = "completed";
    this.settle();
    const request = ackFor(this.request, response);
    const ack = serialize(request);
    this.#ack = { request, bytes: ack };
    this.#sendAck();
    const { reliable } = this.flow;
    if (!reliable) {
      // §17.1.1.2: "If timer D fires while the client transaction is in the "Completed" state, the client transaction
      // MUST move to the terminated state."
      const waitMs = Math.max(TIMER_D_LEAST_MS, 64 * this.host.timers.t1Ms);
      this.host.absorb(this, { waitMs, ack });
      this.#ack = undefined;
    }
    this.user?.onResponse(response, this);
    // §17.1.1.2: timer D has "a value of zero seconds for reliable transports".
    if (reliable) this.#end();
    else this.user?.onTerminated?.(this);
  }

  #sendAck(): void {
    // §17.1.1.2: "The ACK MUST be sent to the same address, port, and transport to which the original request was sent."
    if (this.#ack !== undefined) {
      this.host.transmit(this.#ack.bytes, this, this.#ack.request);
    }
  }

  #sendCancel(): void {
    if (this.#cancel === undefined || this.#cancel.sent) return;
    this.#cancel.sent = true;
    const { clock, timers } = this.host;
    this.deadline = clock.schedule(64 * timers.t1Ms, this, "cancelled");
    this.host.startCancel(cancelFor(this.request, this.#cancel.reason), this);
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

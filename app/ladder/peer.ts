/**
 * A simulated SIP user agent, as ladders, the demo and examples use it. It sends what a ladder line says and fills in
 * the mechanics: Via, tags, CSeq, Contact, Route, session descriptions. By itself it only does what the protocol does:
 * retransmit, acknowledge what is no 2xx, answer a CANCEL, repeat an ACK for a repeated 2xx.
 *
 * @module
 */

import type { Clock } from "../../core/base/clock.ts";
import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import type { Observer } from "../../core/base/observer.ts";
import type { Random } from "../../core/base/random.ts";
import { Acceptance } from "../../core/dialog/acceptance.ts";
import type { Dialog } from "../../core/dialog/dialog.ts";
import type { SipRequest, SipResponse } from "../../core/message/message.ts";
import { serialize } from "../../core/message/serialize.ts";
import { MAGIC_COOKIE } from "../../core/message/via.ts";
import type {
  ClientTransaction,
  ClientUser,
} from "../../core/transaction/client_transaction.ts";
import { withVia } from "../../core/transaction/client_transactions.ts";
import type { ServerTransaction } from "../../core/transaction/server_transaction.ts";
import type { TransactionTimers } from "../../core/transaction/timers.ts";
import {
  TransactionLayer,
  type TransactionUser,
} from "../../core/transaction/transaction_layer.ts";
import type { Flow } from "../../core/transport/flow.ts";
import type { Transport } from "../../core/transport/transport.ts";
import { TransportLayer } from "../../core/transport/transport_layer.ts";
import type { Asked, PeerCall } from "./peer_call.ts";
import { PeerCalls } from "./peer_calls.ts";
import { PeerAuth } from "./peer_auth.ts";
import { type LineContent, pseudo } from "./peer_message.ts";
import { PeerOutcome } from "./peer_outcome.ts";
import { PeerWriter, type WriterOptions } from "./peer_writer.ts";
import { pingBytes } from "./wire_pings.ts";

/** What a peer is made of. */
export interface PeerOptions extends WriterOptions {
  readonly transports: readonly Transport[];
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TransactionTimers;
  readonly observer: Observer;
}

/** Does not care where Legwork sees it. */
const NOBODY = { onMappedAddress(): void {}, onStunFailure(): void {} };

/** One simulated user agent. */
export class Peer implements TransactionUser, ClientUser {
  readonly name: string;
  readonly calls: PeerCalls;
  /**
   * Answers and hangs up by itself: BYE with 200, a 2xx with ACK, a call with 480, anything else with 200. For what no
   * ladder line speaks of.
   */
  reflexes = false;
  readonly #options: PeerOptions;
  readonly #transport: TransportLayer;
  readonly #layer: TransactionLayer;
  readonly #writer: PeerWriter;
  /** What came of each request, for comparison. */
  readonly #auth = new PeerAuth();
  readonly #outcome = new PeerOutcome();
  #gone = false;

  constructor(options: PeerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#writer = new PeerWriter(options);
    this.calls = new PeerCalls({
      name: options.name,
      host: options.local.host,
    });
    const { clock, random, observer, timers } = options;
    this.#transport = new TransportLayer({
      transports: options.transports,
      clock,
      random,
      limits: DEFAULT_LIMITS,
      observer,
    });
    this.#layer = new TransactionLayer({
      clock,
      random,
      transport: this.#transport,
      timers,
      limits: DEFAULT_LIMITS,
      observer,
      user: this,
    });
  }

  async open(): Promise<void> {
    await this.#transport.open();
  }

  async close(): Promise<void> {
    this.vanish();
    await this.#transport.close();
  }

  /** Falls silent and forgets everything. */
  vanish(): void {
    this.#gone = true;
    this.#layer.close();
    this.calls.clear();
  }

  /** True while one of its calls is answered and not ended. */
  get up(): boolean {
    return [...this.calls].some((call) => call.up);
  }

  /** What came of each of its requests and of those it received, in an order of its own. */
  get outcome(): string[] {
    return this.#outcome.lines(this.name);
  }

  /** What is still alive, in words; empty when nothing is left. */
  get leftovers(): string[] {
    if (this.#gone) return [];
    const calls = [...this.calls];
    const open = calls.filter((call) => call.up).length;
    const repeating = calls.some((call) => call.acceptances.size > 0);
    return [
      this.#layer.size > 0
        ? `${this.name}: ${this.#layer.size} transactions`
        : "",
      open > 0 ? `${this.name}: ${open} calls up` : "",
      repeating ? `${this.name}: a 2xx without ACK` : "",
    ].filter((text) => text !== "");
  }

  /** Sends a request; a problem in words when it cannot. */
  request(method: string, content: LineContent): string | undefined {
    if (this.#gone) return `${this.name} has vanished`;
    const call = this.calls.called(pseudo(content, "call"));
    if (method === "ACK") return this.#acknowledge(call, content);
    if (method === "CANCEL") {
      if (call?.invite === undefined) return "there is no INVITE to cancel";
      call.invite.cancel();
      return undefined;
    }
    if (content.merged) {
      if (call?.first === undefined) return "there is no request to send again";
      this.#send(call.first, call);
      return undefined;
    }
    const tag = pseudo(content, "tag");
    const dialog = tag === undefined ? call?.dialog : call?.withTag(tag);
    const within = dialog !== undefined &&
      (method !== "INVITE" || dialog.state === "confirmed");
    if (call === undefined || !within) return this.#outside(method, content);
    return this.#send(
      this.#writer.within(method, { call, dialog, content }),
      call,
    );
  }

  /** Sends a keep-alive that is no SIP; a problem in words when it cannot. */
  ping(method: string): string | undefined {
    if (this.#gone) return `${this.name} has vanished`;
    const flow = this.#transport.flowTo(this.#options.legwork);
    if (flow === undefined) return "there is no way to Legwork";
    const bytes = pingBytes(method);
    if (bytes === undefined) this.#transport.flows.bind(flow, NOBODY);
    else if (flow.reliable) this.#transport.flows.ping(flow);
    else this.#transport.sendKeepAlive(bytes, flow);
    return undefined;
  }

  /** Answers a request; a problem in words when it cannot. */
  respond(
    answer: { status: number; method: string | undefined },
    content: LineContent,
  ): string | undefined {
    if (this.#gone) return `${this.name} has vanished`;
    const { method } = answer;
    const call = this.calls.asking(pseudo(content, "call"), method);
    const asked = call?.find(method);
    if (call === undefined || asked === undefined) {
      return `${this.name} has received no ${method ?? "request"} to answer`;
    }
    return this.#answer(call, { asked, status: answer.status, content });
  }

  /** Ends every call that is up or on its way, by its own means. */
  hangUp(): void {
    this.reflex();
    for (const call of this.calls) {
      if (call.up && call.dialog !== undefined) {
        const { dialog } = call;
        const bye = { call, dialog, content: NOTHING };
        this.#send(this.#writer.within("BYE", bye), call);
      } else call.invite?.cancel();
    }
  }

  /** From now on acts by reflex, and does at once what it was waiting to be told. */
  reflex(): void {
    this.reflexes = true;
    for (const call of this.calls) {
      for (const asked of call.asked) {
        if (asked.status === undefined) this.#reflexAnswer(call, asked);
      }
      while (call.toAcknowledge.length > 0) this.#acknowledge(call, NOTHING);
    }
  }

  onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    const call = this.calls.find(request.callId) ??
      this.calls.add(request.callId);
    const asked: Asked = {
      transaction,
      request,
      status: undefined,
      cancelled: false,
    };
    call.asked.push(asked);
    const { number = 0 } = request.cseq ?? {};
    call.dialog?.acceptSeq(number);
    if (call.dialog !== undefined && request.to?.tag !== undefined) {
      call.dialog.refreshTarget(request);
    }
    if (this.reflexes) this.#reflexAnswer(call, asked);
  }

  onCancel(transaction: ServerTransaction): void {
    for (const call of this.calls) {
      for (const asked of call.asked) {
        if (asked.transaction !== transaction) continue;
        asked.cancelled = true;
        if (this.reflexes) this.#reflexAnswer(call, asked);
      }
    }
  }

  onAck(ack: SipRequest): void {
    const call = this.calls.find(ack.callId);
    // A peer of RFC 2543 has put no tag into its 2xx, so there is none in the ACK.
    const key = `${ack.cseq?.number} ${ack.to?.tag ?? ""}`;
    for (const [one, acceptance] of call?.acceptances ?? []) {
      if (!one.startsWith(key)) continue;
      acceptance.stop();
      call?.acceptances.delete(one);
    }
  }

  onStrayResponse(): void {}

  onResponse(response: SipResponse, transaction: ClientTransaction): void {
    const { request } = transaction;
    const call = this.calls.find(request.callId);
    if (call === undefined) return;
    const { method } = request;
    if (response.status >= 200) {
      this.#outcome.record("sent", request, response.status);
    }
    this.#auth.learn(response);
    const gone = response.status === 481 && request.to?.tag !== undefined;
    if (gone || (method === "BYE" && response.status >= 200)) call.up = false;
    if (method === "UPDATE" && response.status < 300) {
      call.dialog?.refreshTarget(response);
    }
    if (method !== "INVITE") return;
    if (response.status > 100 && response.status < 300) {
      const dialog = request.to?.tag === undefined
        ? call.answeredBy(response, transaction)
        : call.dialog;
      if (dialog !== undefined && response.status >= 200) {
        this.#onSuccess(call, { response, request, dialog });
      }
    }
  }

  onFailure(
    failure: "timeout" | "transport",
    transaction: ClientTransaction,
  ): void {
    const { request } = transaction;
    const call = this.calls.find(request.callId);
    this.#outcome.record("sent", request, failure);
    if (call !== undefined && request.method === "BYE") call.up = false;
  }

  #onSuccess(
    call: PeerCall,
    answer: { response: SipResponse; request: SipRequest; dialog: Dialog },
  ): void {
    const { response, request, dialog } = answer;
    const { number: cseq = 0 } = request.cseq ?? {};
    const again = call.acks.get(`${cseq} ${dialog.remoteTag}`);
    // §13.2.2.4: the ACK is passed to the transport "every time a retransmission of the 2xx final response arrives".
    if (again !== undefined) {
      again();
      return;
    }
    if (
      call.toAcknowledge.some((one) =>
        one.dialog === dialog && one.cseq === cseq
      )
    ) return;
    call.confirm(dialog);
    dialog.refreshTarget(response);
    call.toAcknowledge.push({
      dialog,
      cseq,
      offer: request.body.length === 0 && response.body.length > 0
        ? response.body
        : undefined,
    });
    if (this.reflexes) this.#acknowledge(call, NOTHING);
  }

  #acknowledge(
    call: PeerCall | undefined,
    content: LineContent,
  ): string | undefined {
    const waiting = call?.toAcknowledge.shift();
    if (call === undefined || waiting === undefined) {
      return `${this.name} has received no 2xx to acknowledge`;
    }
    const { dialog, cseq } = waiting;
    const draft = this.#writer.ack({ call, ...waiting }, content);
    const flow = this.#flow();
    if (flow === undefined) return `${this.name} has no way to Legwork`;
    const branch = `${MAGIC_COOKIE}${this.#options.random.token()}`;
    const ack = withVia(draft, { branch, flow });
    const bytes = serialize(ack);
    const send = (): void =>
      this.#transport.send(bytes.slice(), this.#flow() ?? flow, undefined, ack);
    call.acks.set(`${cseq} ${dialog.remoteTag}`, send);
    send();
    return undefined;
  }

  #outside(method: string, content: LineContent): string | undefined {
    const { random, local } = this.#options;
    const call = this.calls.add(`${random.token()}@${local.host}`);
    const request = this.#writer.outside(method, call, content);
    const account = pseudo(content, "auth");
    const problem = account && this.#auth.sign(request, account);
    if (problem) return problem;
    // The line may have said another Call-ID.
    if (request.callId !== call.callId) call.callId = request.callId;
    const named = pseudo(content, "call");
    if (named !== undefined) this.calls.name(call.callId, named);
    call.first = request;
    return this.#send(request, call);
  }

  #send(request: SipRequest, call: PeerCall): string | undefined {
    const flow = this.#flow();
    if (flow === undefined) return `${this.name} has no way to Legwork`;
    const target = this.#options.legwork;
    const transaction = this.#layer.request(request, { target, flow }, this);
    if (request.method === "INVITE") call.invite = transaction;
    return undefined;
  }

  #answer(
    call: PeerCall,
    answer: { asked: Asked; status: number; content: LineContent },
  ): string | undefined {
    const { asked, status, content } = answer;
    const { transaction, request } = asked;
    const tag = pseudo(content, "tag") ?? call.dialog?.localTag ??
      call.localTag;
    const invite = request.method === "INVITE";
    const success = status >= 200 && status < 300;
    if (asked.status !== undefined && !(invite && success)) {
      return `the ${request.method} is answered with ${asked.status} already`;
    }
    const dialog = invite && status > 100 && status < 300 &&
        request.to?.tag === undefined
      ? call.answering(asked, tag)
      : call.dialog;
    const response = this.#writer.response(
      request,
      { call, status, tag },
      content,
    );
    if (status >= 200) {
      asked.status = status;
      this.#outcome.record("received", request, status);
      // Whoever answers 481 has lost the call.
      if (request.method === "BYE" || status === 481) call.up = false;
    }
    if (invite && success && dialog !== undefined) {
      call.confirm(dialog);
      const { clock, timers } = this.#options;
      const key = `${request.cseq?.number} ${response.to?.tag ?? ""}`;
      const user = { onNoAck: () => void call.acceptances.delete(key) };
      call.acceptances.set(
        key,
        new Acceptance({ transaction, response }, { clock, timers, user }),
      );
    } else transaction.respond(response);
    return undefined;
  }

  #reflexAnswer(call: PeerCall, asked: Asked): void {
    if (asked.status !== undefined) return;
    const { request } = asked;
    const status = request.method !== "INVITE"
      ? 200
      : asked.cancelled
      ? 487
      : request.to?.tag === undefined
      ? 480
      : 488;
    this.#answer(call, { asked, status, content: NOTHING });
  }

  #flow(): Flow | undefined {
    return this.#transport.flowTo(this.#options.legwork);
  }
}

const NOTHING: LineContent = { fields: [], merged: false, reason: undefined };

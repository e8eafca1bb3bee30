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
import { responseTo } from "../../core/message/build.ts";
import { fromText } from "../../core/message/bytes.ts";
import { Headers } from "../../core/message/headers.ts";
import { SipRequest, type SipResponse } from "../../core/message/message.ts";
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
import type { Address, Target } from "../../core/transport/address.ts";
import { formatAddress } from "../../core/transport/address.ts";
import type { Flow } from "../../core/transport/flow.ts";
import type { Transport } from "../../core/transport/transport.ts";
import { TransportLayer } from "../../core/transport/transport_layer.ts";
import { type Asked, PeerCall } from "./peer_call.ts";
import { addFields, bodyOf, type LineContent, pseudo } from "./peer_message.ts";

/** What a peer is made of. */
export interface PeerOptions {
  readonly name: string;
  readonly local: Address;
  readonly transports: readonly Transport[];
  /** Where Legwork is, and by which transport it is spoken to. */
  readonly legwork: Target;
  /** Whom its calls are for: the user part of To and of the request URI. */
  readonly callee: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TransactionTimers;
  readonly observer: Observer;
}

/** One simulated user agent. */
export class Peer implements TransactionUser, ClientUser {
  readonly name: string;
  /**
   * Answers and hangs up by itself: BYE with 200, a 2xx with ACK, a call with 480, anything else with 200. For what no
   * ladder line speaks of.
   */
  reflexes = false;
  readonly #options: PeerOptions;
  readonly #transport: TransportLayer;
  readonly #layer: TransactionLayer;
  readonly #calls: PeerCall[] = [];
  readonly #names = new Map<string, string>();
  /** What came of each request, for comparison. */
  readonly #outcome = new Map<string, string>();
  #requests = 0;
  #gone = false;

  constructor(options: PeerOptions) {
    this.name = options.name;
    this.#options = options;
    const { clock, random, observer, timers } = options;
    this.#transport = new TransportLayer({
      transports: options.transports,
      clock,
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
    for (const call of this.#calls) call.close();
    this.#calls.length = 0;
  }

  /** True while one of its calls is answered and not ended. */
  get up(): boolean {
    return this.#calls.some((call) => call.up);
  }

  /** What came of each of its requests and of those it received, in an order of its own. */
  get outcome(): string[] {
    return [...this.#outcome.values()].sort();
  }

  /** What is still alive, in words; empty when nothing is left. */
  get leftovers(): string[] {
    if (this.#gone) return [];
    const open = this.#calls.filter((call) => call.up).length;
    const repeating = this.#calls.some((call) => call.acceptances.size > 0);
    return [
      this.#layer.size > 0
        ? `${this.name}: ${this.#layer.size} transactions`
        : "",
      open > 0 ? `${this.name}: ${open} calls up` : "",
      repeating ? `${this.name}: a 2xx without ACK` : "",
    ].filter((text) => text !== "");
  }

  /** Gives a call the name by which ladder lines speak of it. */
  nameCall(callId: string, name: string): void {
    this.#names.set(name, callId);
  }

  /** The Call-ID of a named call. */
  callIdOf(name: string): string | undefined {
    return this.#names.get(name);
  }

  /** Sends a request; a problem in words when it cannot. */
  request(method: string, content: LineContent): string | undefined {
    if (this.#gone) return `${this.name} has vanished`;
    const call = this.#callFor(pseudo(content, "call"));
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
    this.#within(method, { call, dialog, content });
    return undefined;
  }

  /** Answers a request; a problem in words when it cannot. */
  respond(
    answer: { status: number; method: string | undefined },
    content: LineContent,
  ): string | undefined {
    if (this.#gone) return `${this.name} has vanished`;
    const call = this.#callFor(pseudo(content, "call"));
    const asked = call?.find(answer.method);
    if (call === undefined || asked === undefined) {
      return `${this.name} has received no ${
        answer.method ?? "request"
      } to answer`;
    }
    return this.#answer(call, { asked, status: answer.status, content });
  }

  /** Ends every call that is up or on its way, by its own means. */
  hangUp(): void {
    this.reflex();
    for (const call of [...this.#calls]) {
      if (call.up && call.dialog !== undefined) {
        this.#within("BYE", { call, dialog: call.dialog, content: NOTHING });
      } else call.invite?.cancel();
    }
  }

  /** From now on acts by reflex, and does at once what it was waiting to be told. */
  reflex(): void {
    this.reflexes = true;
    for (const call of [...this.#calls]) {
      for (const asked of call.asked) {
        if (asked.status === undefined) this.#reflexAnswer(call, asked);
      }
      while (call.toAcknowledge.length > 0) this.#acknowledge(call, NOTHING);
    }
  }

  onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    let call = this.#calls.find((one) => one.callId === request.callId);
    if (call === undefined) {
      call = this.#newCall(request.callId);
    }
    const asked: Asked = { transaction, status: undefined, cancelled: false };
    call.asked.push(asked);
    const { number = 0 } = request.cseq ?? {};
    call.dialog?.acceptSeq(number);
    if (call.dialog !== undefined && request.to?.tag !== undefined) {
      call.dialog.refreshTarget(request);
    }
    if (this.reflexes) this.#reflexAnswer(call, asked);
  }

  onCancel(transaction: ServerTransaction): void {
    for (const call of this.#calls) {
      for (const asked of call.asked) {
        if (asked.transaction !== transaction) continue;
        asked.cancelled = true;
        if (this.reflexes) this.#reflexAnswer(call, asked);
      }
    }
  }

  onAck(ack: SipRequest): void {
    const call = this.#calls.find((one) => one.callId === ack.callId);
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
    const call = this.#calls.find((one) => one.callId === request.callId);
    if (call === undefined) return;
    const { method } = request;
    if (response.status >= 200) {
      this.#record(`sent ${method}`, { request, status: response.status });
    }
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
    const call = this.#calls.find((one) => one.callId === request.callId);
    this.#record(`sent ${request.method}`, { request, status: failure });
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
    const { dialog, cseq, offer } = waiting;
    const { body, headers } = this.#content(call, content, {
      word: offer === undefined ? undefined : "answer",
      offered: offer,
    });
    const draft = this.#overridden(
      dialog.request("ACK", { headers, body, cseq }),
      content,
    );
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
    const { random, local, legwork, callee } = this.#options;
    const named = pseudo(content, "call");
    const call = this.#newCall(`${random.token()}@${local.host}`);
    if (named !== undefined) this.nameCall(call.callId, named);
    const to = `sip:${callee}@${formatAddress(legwork)}`;
    const headers = new Headers();
    headers.append("Max-Forwards", "70");
    headers.append(
      "From",
      `<sip:${this.name}@${formatAddress(local)}>;tag=${call.localTag}`,
    );
    headers.append("To", `<${to}>`);
    headers.append("Call-ID", call.callId);
    headers.append("CSeq", `1 ${method}`);
    if (method === "INVITE") headers.append("Contact", this.#contact());
    const parts = this.#content(call, content, {
      word: method === "INVITE" ? "offer" : undefined,
    });
    for (const line of parts.headers.lines) headers.add(line);
    const request = this.#overridden(
      new SipRequest(method, to, headers, parts.body),
      content,
    );
    call.first = request;
    return this.#send(request, call);
  }

  #within(
    method: string,
    parts: { call: PeerCall; dialog: Dialog; content: LineContent },
  ): void {
    const { call, dialog, content } = parts;
    const { body, headers } = this.#content(call, content, {
      word: method === "INVITE" ? "offer" : undefined,
    });
    const whole = new Headers();
    if (method === "INVITE" || method === "UPDATE") {
      whole.append("Contact", this.#contact());
    }
    for (const line of headers.lines) whole.add(line);
    const request = dialog.request(method, { headers: whole, body });
    this.#send(this.#overridden(request, content), call);
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
    const { transaction } = asked;
    const { request } = transaction;
    const tag = pseudo(content, "tag") ?? call.dialog?.localTag ??
      call.localTag;
    const invite = request.method === "INVITE";
    const success = status >= 200 && status < 300;
    if (asked.status !== undefined && !(invite && success)) {
      return `the ${request.method} is answered with ${asked.status} already`;
    }
    const headers = new Headers();
    const refreshes = invite || request.method === "UPDATE";
    if (refreshes && status > 100 && status < 300) {
      headers.append("Contact", this.#contact());
    }
    const parts = this.#content(call, content, {
      word: !success || !refreshes
        ? undefined
        : request.body.length > 0
        ? "answer"
        : invite
        ? "offer"
        : undefined,
      offered: request.body,
    });
    for (const line of parts.headers.lines) headers.add(line);
    const dialog = invite && status > 100 && status < 300 &&
        request.to?.tag === undefined
      ? call.answering(transaction, tag)
      : call.dialog;
    const response = this.#overriddenResponse(
      responseTo(request, status, {
        toTag: status === 100 ? undefined : tag,
        headers,
        body: parts.body,
        ...(content.reason === undefined ? {} : { reason: content.reason }),
      }),
      content,
    );
    if (status >= 200) {
      asked.status = status;
      this.#record(`received ${request.method}`, { request, status });
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
    const { request } = asked.transaction;
    const status = request.method !== "INVITE"
      ? 200
      : asked.cancelled
      ? 487
      : request.to?.tag === undefined
      ? 480
      : 488;
    this.#answer(call, { asked, status, content: NOTHING });
  }

  #content(
    call: PeerCall,
    content: LineContent,
    usual: Parameters<typeof bodyOf>[1]["usual"],
  ): { headers: Headers; body: Uint8Array } {
    const { body, type } = bodyOf(content, { sdp: call.sdp, usual });
    const headers = new Headers();
    if (type !== undefined) headers.append("Content-Type", type);
    return { headers, body };
  }

  #overridden(request: SipRequest, content: LineContent): SipRequest {
    const headers = addFields(request.headers, content);
    const from = headers.get("From");
    if (from !== undefined && !from.includes(";tag=")) {
      const tag = request.from?.tag;
      if (tag !== undefined) headers.set("From", `${from};tag=${tag}`);
    }
    const uri = pseudo(content, "uri");
    return new SipRequest(
      request.method,
      uri === undefined ? request.uri : fromText(uri),
      headers,
      request.body,
    );
  }

  #overriddenResponse(
    response: SipResponse,
    content: LineContent,
  ): SipResponse {
    addFields(response.headers, content);
    return response;
  }

  #record(
    what: string,
    how: { request: SipRequest; status: number | string },
  ): void {
    const { request, status } = how;
    // A retransmitted 2xx, or a second one of a fork, is the same outcome.
    const key =
      `${what} ${request.callId} ${request.cseq?.number} ${request.via?.branch}`;
    if (this.#outcome.has(key)) return;
    this.#outcome.set(key, `${this.name} ${what}: ${status}`);
  }

  #callFor(name: string | undefined): PeerCall | undefined {
    if (name === undefined) return this.#calls.at(-1);
    const callId = this.#names.get(name);
    return this.#calls.find((call) => call.callId === callId);
  }

  #newCall(callId: string): PeerCall {
    const call = new PeerCall(
      callId,
      `${this.name}${++this.#requests}`,
      { name: this.name, host: this.#options.local.host },
    );
    this.#calls.push(call);
    return call;
  }

  #flow(): Flow | undefined {
    return this.#transport.flowTo(this.#options.legwork);
  }

  #contact(): string {
    const { local, legwork } = this.#options;
    const transport = legwork.transport === "UDP"
      ? ""
      : `;transport=${legwork.transport.toLowerCase()}`;
    return `<sip:${this.name}@${formatAddress(local)}${transport}>`;
  }
}

const NOTHING: LineContent = { fields: [], merged: false, reason: undefined };

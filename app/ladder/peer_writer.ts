/** The messages of a simulated peer: what a ladder line says, and the mechanics around it. */

import type { Dialog } from "../../core/dialog/dialog.ts";
import { responseTo } from "../../core/message/build.ts";
import { fromText } from "../../core/message/bytes.ts";
import { Headers } from "../../core/message/headers.ts";
import { SipRequest, type SipResponse } from "../../core/message/message.ts";
import { parseNameAddr } from "../../core/message/name_addr.ts";
import {
  type Address,
  formatAddress,
  type Target,
} from "../../core/transport/address.ts";
import type { PeerCall } from "./peer_call.ts";
import { addFields, bodyOf, type LineContent, pseudo } from "./peer_message.ts";

/** Who writes, and to whom. */
export interface WriterOptions {
  readonly name: string;
  readonly local: Address;
  readonly legwork: Target;
  /** Whom calls are for: the user part of To and of the request URI. */
  readonly callee: string;
}

/** See the module's text. */
export class PeerWriter {
  readonly #options: WriterOptions;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** A request outside any dialog. */
  outside(method: string, call: PeerCall, content: LineContent): SipRequest {
    const { name, local, legwork, callee } = this.#options;
    const to = `sip:${callee}@${formatAddress(legwork)}`;
    const headers = new Headers();
    headers.append("Max-Forwards", "70");
    headers.append(
      "From",
      `<sip:${name}@${formatAddress(local)}>;tag=${call.localTag}`,
    );
    headers.append("To", `<${to}>`);
    headers.append("Call-ID", call.callId);
    headers.append("CSeq", `1 ${method}`);
    if (method === "INVITE") headers.append("Contact", this.#contact());
    const body = this.#body(headers, content, {
      sdp: call.sdp,
      usual: { word: method === "INVITE" ? "offer" : undefined },
    });
    return this.#said(new SipRequest(method, to, headers, body), content);
  }

  /** A request within a dialog. */
  within(
    method: string,
    parts: { call: PeerCall; dialog: Dialog; content: LineContent },
  ): SipRequest {
    const { call, dialog, content } = parts;
    const headers = new Headers();
    if (method === "INVITE" || method === "UPDATE") {
      headers.append("Contact", this.#contact());
    }
    const body = this.#body(headers, content, {
      sdp: call.sdp,
      usual: { word: method === "INVITE" ? "offer" : undefined },
    });
    return this.#said(dialog.request(method, { headers, body }), content);
  }

  /** The ACK of a 2xx, which answers the offer in it. */
  ack(
    parts: {
      call: PeerCall;
      dialog: Dialog;
      cseq: number;
      offer: Uint8Array | undefined;
    },
    content: LineContent,
  ): SipRequest {
    const { call, dialog, cseq, offer } = parts;
    const headers = new Headers();
    const body = this.#body(headers, content, {
      sdp: call.sdp,
      usual: {
        word: offer === undefined ? undefined : "answer",
        offered: offer,
      },
    });
    return this.#said(dialog.request("ACK", { headers, body, cseq }), content);
  }

  /** A response: with a Contact, and with an answer or an offer, where such a one has it. */
  response(
    request: SipRequest,
    parts: { call: PeerCall; status: number; tag: string },
    content: LineContent,
  ): SipResponse {
    const { call, status, tag } = parts;
    const invite = request.method === "INVITE";
    const refreshes = invite || request.method === "UPDATE";
    const success = status >= 200 && status < 300;
    const headers = new Headers();
    if (refreshes && status > 100 && status < 300) {
      headers.append("Contact", this.#contact());
    }
    if (request.method === "REGISTER" && success) addBindings(headers, request);
    const word = !success || !refreshes
      ? undefined
      : request.body.length > 0
      ? "answer"
      : invite
      ? "offer"
      : undefined;
    const body = this.#body(headers, content, {
      sdp: call.sdp,
      usual: { word, offered: request.body },
    });
    const response = responseTo(request, status, {
      toTag: status === 100 ? undefined : tag,
      reason: content.reason,
      headers,
      body,
    });
    addFields(response.headers, content);
    return response;
  }

  #body(
    headers: Headers,
    content: LineContent,
    call: Parameters<typeof bodyOf>[1],
  ): Uint8Array {
    const { body, type } = bodyOf(content, call);
    if (type !== undefined) headers.append("Content-Type", type);
    return body;
  }

  /** The request as the line says; a From without a tag keeps the one it had. */
  #said(request: SipRequest, content: LineContent): SipRequest {
    const tag = request.from?.tag;
    const headers = addFields(request.headers, content);
    const from = headers.get("From");
    if (from !== undefined && tag !== undefined && !from.includes(";tag=")) {
      headers.set("From", `${from};tag=${tag}`);
    }
    const uri = pseudo(content, "uri");
    return new SipRequest(
      request.method,
      uri === undefined ? request.uri : fromText(uri),
      headers,
      request.body,
    );
  }

  #contact(): string {
    const { name, local, legwork } = this.#options;
    const transport = legwork.transport === "UDP"
      ? ""
      : `;transport=${legwork.transport.toLowerCase()}`;
    return `<sip:${name}@${formatAddress(local)}${transport}>`;
  }
}

/** RFC 3261 section 10.3, item 8: the bindings with their expirations, all as they were asked for. */
function addBindings(headers: Headers, request: SipRequest): void {
  const expires = request.headers.get("Expires");
  for (const value of request.list("contact")) {
    const contact = parseNameAddr(value);
    const seconds = contact?.param("expires") ?? expires ?? "3600";
    if (contact === undefined || seconds === "0") continue;
    headers.append("Contact", `${contact.withParam("expires", seconds)}`);
  }
}

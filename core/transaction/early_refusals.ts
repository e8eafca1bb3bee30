/**
 * What overload control refuses, refused before it is parsed: the INVITEs above the rate, their retransmissions, and the
 * ACKs of both. At twice the load that a process can carry more than half of what comes is that, and what is spent on it
 * the calls that are up go without.
 *
 * Whatever is not plainly so (an odd line, a dialog's request, a retransmission of what is known) goes the way of all
 * messages, which comes to the same answer.
 *
 * @module
 */

import { fromBytes, toBytes } from "../message/bytes.ts";
import { serialize } from "../message/serialize.ts";
import { type Refusable, refusable } from "../message/refusable.ts";
import { SipResponse } from "../message/message.ts";
import { reasonPhrase } from "../message/reason.ts";
import { parseVia, type Via } from "../message/via.ts";
import type { Flow } from "../transport/flow.ts";
import { markedVia } from "../transport/received.ts";
import type { ServerTable } from "./server_table.ts";
import { type StatelessRefusals, statelessTag } from "./stateless_refusals.ts";
import { type TransactionKey, viaKey } from "./transaction_key.ts";
import type { MessageTransport } from "./transport_port.ts";

const INVITE = "INVITE ";
const ACK = "ACK ";
const CAPITAL_I = INVITE.charCodeAt(0);
const CAPITAL_A = ACK.charCodeAt(0);

/** See the module comment. */
export class EarlyRefusals {
  readonly #refusals: StatelessRefusals;
  readonly #table: ServerTable;
  readonly #transport: MessageTransport;
  readonly #salt: number;
  /** The start line, and what comes after the lines copied. */
  readonly #before: string;
  readonly #after: string;

  constructor(parts: {
    refusals: StatelessRefusals;
    table: ServerTable;
    transport: MessageTransport;
    /** Of the transactions' keys. */
    salt: number;
  }) {
    this.#refusals = parts.refusals;
    this.#table = parts.table;
    this.#transport = parts.transport;
    this.#salt = parts.salt;
    const { headers } = parts.refusals;
    const bare = new SipResponse(503, reasonPhrase(503), headers);
    const text = fromBytes(serialize(bare));
    const cut = text.indexOf("\r\n") + 2;
    this.#before = text.slice(0, cut);
    this.#after = text.slice(cut);
  }

  /** True where the message was dealt with. */
  take(bytes: Uint8Array, flow: Flow): boolean {
    const refusals = this.#refusals;
    if (!refusals.isRefusing) return false;
    if (bytes[0] === CAPITAL_I) return this.#refuses(fromBytes(bytes), flow);
    return bytes[0] === CAPITAL_A && !refusals.isEmpty &&
      this.#acknowledges(fromBytes(bytes), flow);
  }

  #refuses(text: string, flow: Flow): boolean {
    if (!text.startsWith(INVITE)) return false;
    const read = refusable(text);
    // Of a request within a dialog the To line has a tag; a name that only looks like one is worth the parsing.
    if (read === undefined || /tag/i.test(read.to)) return false;
    const way = this.#wayOf(read, flow);
    if (way === undefined) return false;
    const { key, via } = way;
    const tag = statelessTag(key, read.callId);
    if (!this.#refusals.has(tag)) {
      if (this.#isKnown(key) || !this.#refusals.refusesAnother(tag)) {
        return false;
      }
    }
    const back = this.#transport.responseFlow(via, flow);
    if (back !== undefined) {
      this.#transport.send(this.#answer(read, via, tag), back);
    }
    return true;
  }

  /** The ACK of a refusal bears the Via of its INVITE (§17.1.1.3), and so has its tag: there is nothing left to do. */
  #acknowledges(text: string, flow: Flow): boolean {
    if (!text.startsWith(ACK)) return false;
    const read = refusable(text);
    const way = read && this.#wayOf(read, flow);
    if (read === undefined || way === undefined) return false;
    const tag = statelessTag(way.key, read.callId);
    return read.to.includes(`tag=${tag}`) && this.#refusals.has(tag);
  }

  /** Undefined where the Via is such that the parser is to look at it. */
  #wayOf(
    { topVia }: Refusable,
    flow: Flow,
  ): { key: TransactionKey; via: Via } | undefined {
    const via = topVia.includes(",") ? undefined : parseVia(topVia);
    const key = via && viaKey(via, this.#salt);
    if (via === undefined || key === undefined) return undefined;
    return { key, via: markedVia(via, flow.remote) };
  }

  /** An INVITE that comes again has its transaction, alive or ended. */
  #isKnown(key: TransactionKey): boolean {
    return this.#table.find(key, "INVITE") !== undefined ||
      this.#table.ended.find(key, "INVITE") >= 0;
  }

  #answer(read: Refusable, via: Via, tag: string): Uint8Array {
    const { vias, from, to, callIdLine, cseq } = read;
    const tagged = `${to.slice(0, -2)};tag=${tag}\r\n`;
    return toBytes(
      `${this.#before}Via: ${via}\r\n${vias}${from}${tagged}${callIdLine}${cseq}${this.#after}`,
    );
  }
}

/**
 * What the server transport writes into the top Via of a request, and where its responses go: RFC 3261 section 18.2
 * and RFC 3581.
 *
 * Hot path: nearly every request asks for rport, so the parameters are edited as text.
 *
 * @module
 */

import { HeaderLine, Headers } from "../message/headers.ts";
import { splitList } from "../message/list.ts";
import { SipRequest } from "../message/message.ts";
import { Via } from "../message/via.ts";
import {
  type Address,
  canonicalHost,
  defaultPort,
  ipVersion,
  transportName,
  unbracketed,
} from "./address.ts";

/** The request with `received` and `rport` written into its top Via as its source asks; itself where nothing is due. */
export function withReceived(request: SipRequest, source: Address): SipRequest {
  const { via } = request;
  if (via === undefined) return request;
  const marked = markedVia(via, source);
  return marked === via ? request : withTopVia(request, marked);
}

/**
 * Where a response goes when there is no connection to send it back on: RFC 3261 section 18.2.2 and RFC 3581
 * section 4. `source` is where the request came from.
 */
export function responseAddress(via: Via, source: Address): Address {
  const name = transportName(via.transport) ?? "UDP";
  const port = via.port ?? defaultPort(name);
  if (name === "UDP") {
    // §18.2.2: "if the Via header field value contains a "maddr" parameter, the response MUST be forwarded to the
    // address listed there, using the port indicated in "sent-by", or port 5060 if none is present."
    // Departs from RFC 3261 §18.2.2: a maddr that is a name is not looked up: no caller of ours uses it, and anyone
    // may write it.
    const maddr = via.param("maddr");
    if (maddr !== undefined && ipVersion(maddr) !== 0) {
      return { host: canonicalHost(maddr), port };
    }
    // RFC 3581 §4: "the response MUST be sent to the IP address listed in the "received" parameter, and the port in
    // the "rport" parameter."
    const rport = portOf(via.param("rport"));
    if (rport !== undefined) return { host: hostOf(via, source), port: rport };
  }
  // §18.2.2: "if the top Via has a "received" parameter, the response MUST be sent to the address in the "received"
  // parameter, using the port indicated in the "sent-by" value, or using port 5060 if none is specified explicitly."
  return { host: hostOf(via, source), port };
}

/** Absent `received` means that sent-by is the source's own address. */
function hostOf(via: Via, source: Address): string {
  const received = via.param("received");
  return received !== undefined && ipVersion(received) !== 0
    ? canonicalHost(received)
    : source.host;
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port > 0 && port < 65_536 ? port : undefined;
}

const BARE_RPORT = /;[ \t]*rport[ \t]*(?=;|$)/i;

/** The top Via of a request with `received` and `rport` as its source asks; itself where nothing is due. */
export function markedVia(via: Via, source: Address): Via {
  const rport = via.param("rport");
  // §18.2.1: "If the host portion of the "sent-by" parameter contains a domain name, or if it contains an IP address
  // that differs from the packet source address, the server MUST add a "received" parameter to that Via header field
  // value." RFC 3581 §4: with rport it "MUST insert a "received" parameter [...] even if it is identical".
  const receivedDue = rport !== undefined ||
    (via.host !== source.host && canonicalHost(via.host) !== source.host);
  let marked = via;
  // A value that the sender wrote himself is a lie or a mistake: only the source counts.
  if (rport !== undefined) {
    const params = via.params.replace(BARE_RPORT, `;rport=${source.port}`);
    marked = params === via.params
      ? via.withParam("rport", String(source.port))
      : withParams(via, params);
  }
  if (via.param("received") !== undefined) {
    return marked.withParam("received", source.host);
  }
  return receivedDue
    ? withParams(marked, `${marked.params};received=${source.host}`)
    : marked;
}

function withParams(via: Via, params: string): Via {
  return new Via(
    via.transport,
    via.host,
    via.port,
    params,
  );
}

function withTopVia(request: SipRequest, via: Via): SipRequest {
  const lines = request.headers.lines.slice();
  const at = lines.findIndex((line) => line.key === "via");
  const line = lines[at]!;
  const others = line.value.includes(",") ? splitList(line.value).slice(1) : [];
  lines[at] = HeaderLine.of(line.name, [String(via), ...others].join(", "));
  return new SipRequest(
    request.method,
    request.uri,
    new Headers(lines),
    request.body,
  );
}

/** `host:port` as sent-by values are compared: lower case, no brackets, the transport's port where none is written. */
export function sentByKey(via: Via): string {
  const port = via.port ?? defaultPort(transportName(via.transport) ?? "UDP");
  return `${canonicalHost(unbracketed(via.host))} ${port}`;
}

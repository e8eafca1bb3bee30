/** Messages made from other messages by the rules of RFC 3261. */

import { HeaderLine, Headers } from "./headers.ts";
import { splitList } from "./list.ts";
import { SipRequest, SipResponse } from "./message.ts";
import { reasonPhrase } from "./reason.ts";

/** What {@linkcode responseTo} puts into the response besides what the request dictates. */
export interface ResponseParts {
  readonly reason?: string | undefined;
  /** Our tag, put into To where the request has none there. */
  readonly toTag?: string | undefined;
  /** Further lines, after those copied from the request. */
  readonly headers?: Headers | undefined;
  readonly body?: Uint8Array | undefined;
}

/**
 * A response to a request, RFC 3261 section 8.2.6.2: Via, From, To, Call-ID and CSeq are those of the request, the
 * lines as they came; Record-Route is added where the response creates a dialog (12.1.1), Timestamp in a 100 (8.2.6.1).
 */
export function responseTo(
  request: SipRequest,
  status: number,
  parts: ResponseParts = {},
): SipResponse {
  const headers = new Headers();
  for (const line of request.headers.lines) {
    switch (line.key) {
      case "via":
      case "from":
      case "call-id":
      case "cseq":
        headers.add(line);
        break;
      case "to": {
        // §8.2.6.2: "if the To header field in the request did not contain a tag, [...] the UAS MUST add a tag"
        // ("with the exception of the 100 (Trying) response, in which a tag MAY be present").
        const to = request.to;
        if (parts.toTag === undefined || to === undefined || to.tag) {
          headers.add(line);
        } else {
          headers.append(line.name, `${line.value};tag=${parts.toTag}`);
        }
        break;
      }
      case "record-route":
        // §12.1.1: "the UAS MUST copy all Record-Route header field values from the request into the response".
        if (status > 100 && status < 300 && mayCreateDialog(request.method)) {
          headers.add(line);
        }
        break;
      case "timestamp":
        if (status === 100) headers.add(line);
        break;
    }
  }
  if (parts.headers !== undefined) {
    for (const line of parts.headers.lines) headers.add(line);
  }
  return new SipResponse(
    status,
    parts.reason ?? reasonPhrase(status),
    headers,
    parts.body,
  );
}

/** INVITE (RFC 3261), SUBSCRIBE (RFC 6665) and REFER (RFC 3515) create dialogs. */
function mayCreateDialog(method: string): boolean {
  return method === "INVITE" || method === "SUBSCRIBE" || method === "REFER";
}

/**
 * The ACK for a non-2xx final response, RFC 3261 section 17.1.1.3: request URI, Call-ID, From, Route and the top
 * Via of the INVITE, To of the response, the INVITE's sequence number.
 */
export function ackFor(invite: SipRequest, response: SipResponse): SipRequest {
  const headers = sameHop(invite, "ACK");
  const to = response.headers.first("to");
  if (to !== undefined) headers.set("To", to.value);
  return new SipRequest("ACK", invite.uri, headers);
}

/**
 * The CANCEL of an INVITE, RFC 3261 section 9.1: "The Request-URI, Call-ID, To, the numeric part of CSeq, and From
 * header fields in the CANCEL request MUST be identical to those in the request being cancelled", and "a single Via
 * header field value matching the top Via value in the request being cancelled"; Route too. `reason` is an RFC 3326
 * Reason value.
 */
export function cancelFor(invite: SipRequest, reason?: string): SipRequest {
  const headers = sameHop(invite, "CANCEL");
  if (reason !== undefined) headers.append("Reason", reason);
  return new SipRequest("CANCEL", invite.uri, headers);
}

function sameHop(invite: SipRequest, method: string): Headers {
  const headers = new Headers();
  let hasVia = false;
  for (const line of invite.headers.lines) {
    switch (line.key) {
      case "via":
        if (!hasVia) headers.add(topValue(line));
        hasVia = true;
        break;
      case "route":
      case "max-forwards":
      case "from":
      case "to":
      case "call-id":
        headers.add(line);
        break;
      case "cseq":
        headers.append("CSeq", `${invite.cseq?.number ?? 0} ${method}`);
        break;
    }
  }
  return headers;
}

/** The line itself, or one of its first value alone where it holds several. */
function topValue(line: HeaderLine): HeaderLine {
  if (!line.value.includes(",")) return line;
  const [first] = splitList(line.value);
  return HeaderLine.of(line.name, first ?? line.value);
}

/** What is left of a request when only its identity matters any more. */

import { detached } from "./bytes.ts";
import { HeaderLine, Headers } from "./headers.ts";
import { SipRequest } from "./message.ts";

/**
 * The request with nothing but its top Via, From, To, Call-ID and CSeq, in strings of its own: a transaction waits 32 s
 * after its final response, and thousands of them shall not keep whole messages alive for that.
 */
export function skeletonOf(request: SipRequest): SipRequest {
  const lines: HeaderLine[] = [];
  const { via } = request;
  if (via !== undefined) {
    lines.push(HeaderLine.of("Via", detached(String(via))));
  }
  for (const line of request.headers.lines) {
    switch (line.key) {
      case "from":
      case "to":
      case "call-id":
      case "cseq":
        lines.push(new HeaderLine(line.key, detached(line.raw)));
        break;
    }
  }
  return new SipRequest(
    detached(request.method),
    detached(request.uri),
    new Headers(lines),
  );
}

const NOTHING = new Map<string, SipRequest>();
/** Methods remembered; what a peer makes up beyond that gets an object of its own. */
const MAX_METHODS = 32;

/** A request of which only the method is left. */
export function spentRequest(method: string): SipRequest {
  let spent = NOTHING.get(method);
  if (spent === undefined) {
    spent = new SipRequest(detached(method), "");
    if (NOTHING.size < MAX_METHODS) NOTHING.set(spent.method, spent);
  }
  return spent;
}

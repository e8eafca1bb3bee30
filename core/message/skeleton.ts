/** What is left of a request when only its identity matters any more. */

import { detached } from "./bytes.ts";
import { SipRequest } from "./message.ts";

/**
 * The text of a request with nothing but its Via lines, From, To, Call-ID and CSeq, a string of its own: a transaction
 * waits 32 s after its final response, and thousands of them shall not keep messages alive for that.
 */
export function skeletonOf(request: SipRequest): string {
  const lines = [`${request.method} ${request.uri} SIP/2.0\r\n`];
  for (const line of request.headers.lines) {
    switch (line.key) {
      case "via":
      case "from":
      case "to":
      case "call-id":
      case "cseq":
        lines.push(line.wire);
        break;
    }
  }
  lines.push("\r\n");
  return lines.join("");
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

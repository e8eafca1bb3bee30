/** What is left of a request when only its identity matters any more. */

import { detached } from "./bytes.ts";
import { headerKey } from "./header_name.ts";
import { HeaderLine, Headers } from "./headers.ts";
import { SipRequest } from "./message.ts";

/**
 * The text of a request with nothing but its URI, Via lines, From, To, Call-ID and CSeq, a string of its own: a
 * transaction waits 32 s after its final response, and thousands of them shall not keep messages alive for that.
 */
export function skeletonOf(request: SipRequest): string {
  const lines = [request.uri.replace(LINE_ENDS, " "), CRLF];
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
  return lines.join("");
}

/** The request of a skeleton. It is taken at its word: what we sent once is not judged again. */
export function restored(method: string, skeleton: string): SipRequest {
  const [uri = "", ...lines] = skeleton.split(END_OF_LINE);
  const headers = new Headers();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(":")).trimEnd();
    if (name !== "") headers.add(new HeaderLine(headerKey(name), line));
  }
  return new SipRequest(method, uri, headers);
}

const CRLF = "\r\n";
const LINE_ENDS = /[\r\n]/g;
/** Not that of a folded line, which goes on after it. */
const END_OF_LINE = /\r\n(?![ \t])/;

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

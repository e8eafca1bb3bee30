/**
 * The state of one dialog (RFC 3261 section 12) and the requests it makes. It knows tags, sequence numbers and
 * routes, and nothing of transactions.
 *
 * What it keeps outlives the messages it came from, so every string is detached from them.
 *
 * @module
 */

import { detached } from "../message/bytes.ts";
import { HeaderLine, Headers } from "../message/headers.ts";
import { splitList } from "../message/list.ts";
import { SipRequest, type SipResponse } from "../message/message.ts";
import { parseNameAddr } from "../message/name_addr.ts";
import { asksForFlow } from "../message/outbound.ts";
import { getParam } from "../message/params.ts";
import { parseSipUri, type SipUri } from "../message/uri.ts";
import type { Flow } from "../transport/flow.ts";
import type { PinnedWay } from "./pinned_way.ts";

/** RFC 3261 section 12: early until a 2xx, then confirmed. */
export type DialogState = "early" | "confirmed" | "terminated";

/** What a new request of the dialog carries besides what the dialog dictates. */
export interface RequestParts {
  readonly headers?: Headers | undefined;
  readonly body?: Uint8Array | undefined;
  /** Only for ACK and CANCEL, whose number is the INVITE's. */
  readonly cseq?: number | undefined;
}

/** RFC 3261 section 8.1.1.6: "a value that SHOULD be 70", where nothing else is known. */
const MAX_FORWARDS = HeaderLine.of("Max-Forwards", "70");
const NO_ROUTES: readonly string[] = [];

/** One dialog as seen from our side. */
export class Dialog {
  state: DialogState = "early";
  /** Ours, of the last request we sent. */
  localSeq: number;
  /** The peer's, of its last request; undefined before the first. */
  remoteSeq: number | undefined;
  /** Where requests go: the peer's Contact URI. */
  remoteTarget: string;
  /** Route values, the next hop first. */
  routeSet: readonly string[];
  /** How the peer was last reached, a hint for connection reuse. */
  flow: Flow | undefined;
  /** Set for a peer that registered with us and is reached by the flow of that alone. */
  way: PinnedWay | undefined;
  /** Nobody stood between us and the peer when the dialog began. */
  readonly #direct: boolean;

  private constructor(
    readonly callId: string,
    readonly localTag: string,
    /** Empty for an RFC 2543 peer, which sends none (section 12.1.1). */
    readonly remoteTag: string,
    /** Our From or To value, tag included. */
    readonly local: string,
    /** The peer's From or To value, tag included. */
    readonly remote: string,
    init: {
      localSeq: number;
      remoteSeq: number | undefined;
      remoteTarget: string;
      routeSet: readonly string[];
      flow: Flow | undefined;
      direct: boolean;
    },
    /** True when we chose the Call-ID (RFC 3261 section 14.1 asks at glare). */
    readonly ownsCallId: boolean,
  ) {
    this.localSeq = init.localSeq;
    this.remoteSeq = init.remoteSeq;
    this.remoteTarget = init.remoteTarget;
    this.routeSet = init.routeSet;
    this.flow = init.flow;
    this.#direct = init.direct;
  }

  /** The dialog an INVITE we received creates once we answer with `localTag`: section 12.1.1. */
  static uas(invite: SipRequest, localTag: string, flow: Flow): Dialog {
    const to = invite.headers.first("to")?.value ?? "";
    return new Dialog(
      detached(invite.callId),
      localTag,
      detached(invite.from?.tag ?? ""),
      detached(`${to};tag=${localTag}`),
      detached(invite.headers.first("from")?.value ?? ""),
      {
        localSeq: 0,
        remoteSeq: invite.cseq?.number,
        remoteTarget: detached(
          invite.contact?.uri ?? invite.from?.uri ?? "",
        ),
        // "The route set MUST be set to the list of URIs in the Record-Route header field from the request, taken in order".
        routeSet: recordedRoute(invite),
        flow,
        direct: hasOneVia(invite),
      },
      false,
    );
  }

  /** The dialog a response to our INVITE creates: section 12.1.2. */
  static uac(
    invite: SipRequest,
    response: SipResponse,
    flow: Flow | undefined,
  ): Dialog {
    return new Dialog(
      detached(invite.callId),
      detached(ownTag(invite)),
      detached(response.to?.tag ?? ""),
      detached(invite.headers.first("from")?.value ?? ""),
      detached(response.headers.first("to")?.value ?? ""),
      {
        localSeq: invite.cseq?.number ?? 1,
        // "The remote sequence number MUST be empty".
        remoteSeq: undefined,
        remoteTarget: detached(response.contact?.uri ?? invite.uri),
        // "[...] taken in reverse order".
        routeSet: reversed(recordedRoute(response)),
        flow,
        direct: samePlace(invite.uri, response.contact?.uri ?? ""),
      },
      true,
    );
  }

  /**
   * A request within the dialog, section 12.2.1.1, without Via and Contact. The sequence number rises, but for ACK
   * and CANCEL.
   */
  request(method: string, parts: RequestParts = {}): SipRequest {
    const cseq = parts.cseq ?? ++this.localSeq;
    const first = this.routeSet[0];
    const firstUri = first === undefined ? undefined : routeUri(first);
    // "If the route set is not empty, and its first URI does not contain the lr parameter", the peer's proxy is a
    // strict router: its URI becomes the request URI, and the remote target goes last.
    const strict = firstUri !== undefined && firstUri.param("lr") === undefined;
    const uri = strict ? requestUriOf(firstUri) : this.remoteTarget;
    const routes = strict
      ? [...this.routeSet.slice(1), `<${this.remoteTarget}>`]
      : this.routeSet;
    const headers = new Headers();
    headers.add(MAX_FORWARDS);
    for (const route of routes) headers.append("Route", route);
    headers.append("From", this.local);
    headers.append("To", this.remote);
    headers.append("Call-ID", this.callId);
    headers.append("CSeq", `${cseq} ${method}`);
    if (parts.headers !== undefined) {
      for (const line of parts.headers.lines) {
        if (line.key === "max-forwards") {
          headers.set("Max-Forwards", line.value);
        } else headers.add(line);
      }
    }
    return new SipRequest(method, uri, headers, parts.body);
  }

  /**
   * Where a request goes first: the topmost route, or the remote target (section 12.2.1.1 with 8.1.2). Undefined
   * when it is no SIP URI.
   */
  get nextHop(): SipUri | undefined {
    const first = this.routeSet[0];
    return first === undefined
      ? parseSipUri(this.remoteTarget)
      : routeUri(first);
  }

  /**
   * The flow that the peer asks its requests to come on. RFC 5626 section 4.3: a user agent that can only be reached over the
   * flow it has made says `ob` in its Contact. What a proxy in between has to do with that, it says in Record-Route.
   */
  get boundFlow(): Flow | undefined {
    const { flow } = this;
    if (flow === undefined || !this.#direct || this.routeSet.length > 0) {
      return undefined;
    }
    const uri = this.remoteTarget.includes(";ob")
      ? parseSipUri(this.remoteTarget)
      : undefined;
    return uri !== undefined && asksForFlow(uri) ? flow : undefined;
  }

  /**
   * Section 12.2.2: takes the peer's sequence number. False when it is "lower than the remote sequence number", which
   * is answered with 500.
   */
  acceptSeq(number: number): boolean {
    if (this.remoteSeq !== undefined && number < this.remoteSeq) return false;
    this.remoteSeq = number;
    return true;
  }

  /**
   * Takes a new remote target from a target refresh request or its 2xx (sections 12.2.1.2 and 12.2.2: "it MUST replace
   * the dialog's remote target URI with the URI from the Contact header field in that request, if present").
   */
  refreshTarget(message: SipRequest | SipResponse): void {
    // Most say again what is known, which need not be taken apart.
    const value = message.headers.first("contact")?.value ?? "";
    if (isBracketed(value, this.remoteTarget)) return;
    const uri = message.contact?.uri;
    if (uri !== undefined && uri !== this.remoteTarget) {
      this.remoteTarget = detached(uri);
    }
  }

  /**
   * Section 13.2.2.4: "the route set for the dialog MUST be recomputed based on the 2xx response"; the procedures are
   * those of section 12.1.2, though it names 12.2.1.2.
   */
  refreshRoute(response: SipResponse): void {
    this.routeSet = reversed(recordedRoute(response));
  }
}

/** True when a Contact begins with this URI in angle brackets. */
function isBracketed(value: string, uri: string): boolean {
  return value[0] === "<" && value[uri.length + 1] === ">" &&
    value.startsWith(uri, 1);
}

/** The tag of a From that we have written: a name-addr, whose URI is not of interest. */
function ownTag({ headers }: SipRequest): string {
  const from = headers.first("from")?.value ?? "";
  return getParam(from.slice(from.lastIndexOf(">") + 1), "tag") ?? "";
}

function hasOneVia({ headers }: SipRequest): boolean {
  let count = 0;
  for (const { key, value } of headers.lines) {
    if (key !== "via") continue;
    count += value.includes(",") ? splitList(value).length : 1;
  }
  return count === 1;
}

/** The values of Record-Route, which most messages do not have. */
function recordedRoute(
  message: SipRequest | SipResponse,
): readonly string[] {
  return message.headers.first("record-route") === undefined
    ? NO_ROUTES
    : message.list("record-route").map(detached);
}

function reversed(routes: readonly string[]): readonly string[] {
  return routes.length < 2 ? routes : routes.toReversed();
}

/** The same host and port: the Contact that answers is the one that was called. */
function samePlace(called: string, contact: string): boolean {
  if (!contact.includes(";ob")) return false;
  const [one, other] = [parseSipUri(called), parseSipUri(contact)];
  return one !== undefined && other !== undefined &&
    one.host.toLowerCase() === other.host.toLowerCase() &&
    one.port === other.port;
}

function routeUri(route: string): SipUri | undefined {
  return parseNameAddr(route)?.sipUri;
}

/**
 * Section 12.2.1.1: "the UAC MUST place the first URI from the route set into the Request-URI, stripping any
 * parameters that are not allowed in a Request-URI": the method parameter and headers (table 1 of section 19.1.1).
 */
function requestUriOf(uri: SipUri): string {
  return uri.withoutParam("method").with({ headers: "" }).toString();
}

/** The REGISTER of a registration: RFC 3261 section 10.2, RFC 5626 section 4.2. */

import { Headers } from "../message/headers.ts";
import { SipRequest } from "../message/message.ts";
import { NameAddr } from "../message/name_addr.ts";
import { withFlowIdentity } from "../message/outbound.ts";
import { parseHostPort, SipUri } from "../message/uri.ts";
import { type Address, bracketed } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { RegistrationSettings } from "./registration_settings.ts";

/** What tells one REGISTER of a registration from the next. */
export interface RegisterParts {
  readonly callId: string;
  readonly fromTag: string;
  readonly cseq: number;
  readonly requestUri: SipUri;
  /** 0: the binding is to go. */
  readonly expiresSeconds: number;
}

/** What the Contact says, which is known only with the flow. */
export interface ContactParts {
  readonly flow: Flow;
  /** Where the registrar sees us, where that counts. */
  readonly seen: Address | undefined;
  /** RFC 5626: the flow is registered by this number; undefined: no flow is. */
  readonly regId: number | undefined;
  /** A Contact of ours that is to go in the same breath. */
  readonly former: SipUri | undefined;
}

/** The request but for Via, Contact and credentials. */
export function registerRequest(
  settings: RegistrationSettings,
  parts: RegisterParts,
): SipRequest {
  const aor = settings.aor.toString();
  const headers = new Headers();
  headers.append("Max-Forwards", "70");
  // §10.2: From is the same as To "unless the request is a third-party registration".
  headers.append("From", `<${aor}>;tag=${parts.fromTag}`);
  headers.append("To", `<${aor}>`);
  headers.append("Call-ID", parts.callId);
  headers.append("CSeq", `${parts.cseq} REGISTER`);
  headers.append("Expires", String(parts.expiresSeconds));
  // RFC 3327 §5.1 has a UA that can do with a Path say so: a proxy on the way may need it, and we ignore what comes back.
  // Of `outbound` draft-ietf-sip-outbound-03 §10.3 has only the registrar speak.
  headers.append(
    "Supported",
    settings.outbound === "rfc5626" ? "path, outbound" : "path",
  );
  // §10.2: 'The "userinfo" and "@" components of the SIP URI MUST NOT be present.'
  const uri = parts.requestUri.with({ user: undefined, headers: "" });
  return new SipRequest("REGISTER", uri.toString(), headers);
}

/** Our Contact URI on a flow. */
export function contactUri(
  settings: RegistrationSettings,
  { flow, seen }: Pick<ContactParts, "flow" | "seen">,
): SipUri {
  const at = seen === undefined
    ? parseHostPort(flow.sentBy)
    : { host: bracketed(seen.host), port: seen.port };
  const transport = flow.transport === "UDP"
    ? ""
    : `;transport=${flow.transport.toLowerCase()}`;
  const line = settings.line === undefined ? "" : `;line=${settings.line}`;
  return new SipUri(
    "sip",
    settings.contactUser,
    undefined,
    at?.host ?? flow.sentBy,
    at?.port,
    `${transport}${line}`,
    "",
  );
}

/** The Contact header field's value. Never `*`: §10.2.2 lets it remove what others have registered. */
export function contactValue(
  settings: RegistrationSettings,
  parts: ContactParts,
): string {
  const uri = contactUri(settings, parts);
  const plain = new NameAddr("", uri.toString(), "", uri);
  // RFC 5626 §4.2.1 has the Contact bear "reg-id" and "+sip.instance".
  const own = parts.regId === undefined
    ? plain
    : withFlowIdentity(plain, { ...settings, regId: parts.regId });
  return parts.former === undefined
    ? own.toString()
    : `${own}, <${parts.former}>;expires=0`;
}

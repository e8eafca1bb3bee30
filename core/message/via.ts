/** One value of a Via header field (RFC 3261 section 20.42). */

import { asText } from "../base/as_text.ts";
import { trimmedPart } from "./bytes.ts";
import { codeAt, endOf, skipSpace, TOKEN } from "./characters.ts";
import { areParams, getParam, withParam } from "./params.ts";
import { endOfHost, endOfPort, hostOf, numberAt } from "./uri.ts";

const COLON = 0x3a;

/** RFC 3261 section 8.1.1.7: a branch that begins so is unique across space and time. */
export const MAGIC_COOKIE = "z9hG4bK";

/** A Via value, immutable. */
export class Via {
  constructor(
    /** In capitals: UDP, TCP, TLS, WS, WSS, SCTP or other. */
    readonly transport: string,
    /** As written: a name, an IPv4 address, or an IPv6 address in brackets. */
    readonly host: string,
    readonly port: number | undefined,
    readonly params: string,
  ) {}

  get branch(): string | undefined {
    return getParam(this.params, "branch");
  }

  /** The value of a parameter: undefined when absent, "" when it has none. `name` is lower case. */
  param(name: string): string | undefined {
    return getParam(this.params, name);
  }

  /** The same with a parameter set. */
  withParam(name: string, value: string | undefined): Via {
    return new Via(
      this.transport,
      this.host,
      this.port,
      withParam(this.params, { name, value }),
    );
  }

  /** `host` or `host:port`: what transactions are matched by. */
  get sentBy(): string {
    return this.port === undefined ? this.host : `${this.host}:${this.port}`;
  }

  toString(): string {
    return `SIP/2.0/${this.transport} ${this.sentBy}${this.params}`;
  }
}

/**
 * Parses one Via value (no comma list); undefined when malformed. Any version is read, since even a request of
 * another version is answered (505) along its Via.
 *
 * §25.1: "via-parm = sent-protocol LWS sent-by *( SEMI via-params )", "sent-protocol = protocol-name SLASH
 * protocol-version SLASH transport", and SLASH may have spaces around it.
 */
export function parseVia(whole: string): Via | undefined {
  const text = asText(whole);
  const transportStart = endOfProtocol(text);
  if (transportStart < 0) return undefined;
  const transportEnd = endOf(TOKEN, text, transportStart);
  const hostStart = skipSpace(text, transportEnd);
  if (transportEnd === transportStart || hostStart === transportEnd) {
    return undefined;
  }
  const hostEnd = endOfHost(text, hostStart);
  if (hostEnd < 0) return undefined;

  // §25.1: "sent-by = host [ COLON port ]", and COLON may have spaces around it.
  let at = skipSpace(text, hostEnd);
  let port: number | undefined;
  if (codeAt(text, at) === COLON) {
    const digits = skipSpace(text, at + 1);
    const portEnd = endOfPort(text, digits);
    if (portEnd < 0) return undefined;
    port = numberAt(text, digits);
    at = skipSpace(text, portEnd);
  }
  if (!areParams(text, at)) return undefined;
  const transport = text.slice(transportStart, transportEnd);
  return new Via(
    transport === "UDP" ? "UDP" : transport.toUpperCase(),
    hostOf(text, hostStart, hostEnd),
    port,
    trimmedPart(text, at, text.length),
  );
}

/** Where the transport begins, after `SIP/2.0/` with spaces or without; -1 when that is not there. */
function endOfProtocol(text: string): number {
  if (text.startsWith("SIP/2.0/")) return skipSpace(text, "SIP/2.0/".length);
  const first = text.indexOf("/");
  const second = text.indexOf("/", first + 1);
  if (second < 0) return -1;
  const isSip = trimmedPart(text, 0, first).toUpperCase() === "SIP" &&
    /^\d{1,3}\.\d{1,3}$/.test(trimmedPart(text, first + 1, second));
  return isSip ? skipSpace(text, second + 1) : -1;
}

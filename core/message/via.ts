/** One value of a Via header field (RFC 3261 section 20.42). */

import { trimmed } from "./bytes.ts";
import { isSpace } from "./characters.ts";
import { isToken } from "./header_name.ts";
import { areParams, getParam, withParam } from "./params.ts";
import { parseHostPort } from "./uri.ts";

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
 */
export function parseVia(text: string): Via | undefined {
  const semicolon = text.indexOf(";");
  const headEnd = semicolon < 0 ? text.length : semicolon;
  const params = semicolon < 0 ? "" : trimmed(text.slice(semicolon));
  // §25.1: "via-parm = sent-protocol LWS sent-by *( SEMI via-params )",
  // "sent-protocol = protocol-name SLASH protocol-version SLASH transport", and SLASH may have spaces around it.
  const first = text.indexOf("/");
  const second = text.indexOf("/", first + 1);
  if (first < 0 || second < 0 || second > headEnd) return undefined;
  if (trimmed(text.slice(0, first)).toUpperCase() !== "SIP") return undefined;
  if (!isVersion(trimmed(text.slice(first + 1, second)))) return undefined;

  let start = second + 1;
  while (start < headEnd && isSpace(text.charCodeAt(start))) start++;
  let end = start;
  while (end < headEnd && !isSpace(text.charCodeAt(end))) end++;
  const transport = text.slice(start, end);
  const sentBy = parseSentBy(trimmed(text.slice(end, headEnd)));
  if (sentBy === undefined || !isToken(transport)) return undefined;
  if (!areParams(params)) return undefined;
  return new Via(transport.toUpperCase(), sentBy.host, sentBy.port, params);
}

/** §25.1: "sent-by = host [ COLON port ]", and COLON may have spaces around it. */
function parseSentBy(
  text: string,
): { host: string; port: number | undefined } | undefined {
  const colon = text.indexOf(":", text.indexOf("]") + 1);
  if (colon < 0) return parseHostPort(text);
  const host = trimmed(text.slice(0, colon));
  const port = trimmed(text.slice(colon + 1));
  const spaced = host.length + port.length + 1 < text.length;
  return parseHostPort(spaced ? `${host}:${port}` : text);
}

function isVersion(text: string): boolean {
  return text === "2.0" || /^\d{1,3}\.\d{1,3}$/.test(text);
}

/** One value of a Via header field (RFC 3261 section 20.42). */

import { trimmed } from "./bytes.ts";
import { isToken } from "./header_name.ts";
import { getParam, withParam } from "./params.ts";
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

/** Parses one Via value (no comma list); undefined when malformed. */
export function parseVia(text: string): Via | undefined {
  const semicolon = text.indexOf(";");
  const head = semicolon < 0 ? text : text.slice(0, semicolon);
  const params = semicolon < 0 ? "" : trimmed(text.slice(semicolon));
  // §25.1: sent-protocol = "SIP" SLASH "2.0" SLASH transport LWS sent-by, and SLASH may have spaces around it.
  const match = SENT_PROTOCOL.exec(head);
  if (match === null) return undefined;
  const transport = match[1]!;
  const sentBy = match[2]!.includes(" ") || match[2]!.includes("\t")
    ? match[2]!.replace(/[ \t]+/g, "")
    : match[2]!;
  const hostPort = parseHostPort(sentBy);
  if (hostPort === undefined || !isToken(transport)) return undefined;
  return new Via(
    transport.toUpperCase(),
    hostPort.host,
    hostPort.port,
    params,
  );
}

const SENT_PROTOCOL =
  /^[ \t]*SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([^ \t/]+)[ \t]+([^ \t].*?)[ \t]*$/i;

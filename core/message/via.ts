/** One value of a Via header field (RFC 3261 section 20.42). */

import { trimmed } from "./bytes.ts";
import { VIA } from "./grammar.ts";
import { getParam, withParam } from "./params.ts";
import { hostOf, portOf } from "./uri.ts";

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
  const parts = VIA.exec(text);
  if (parts === null) return undefined;
  const [, transport, host, port, params] = parts;
  return new Via(
    transport === "UDP" ? "UDP" : transport!.toUpperCase(),
    hostOf(host!),
    portOf(port),
    trimmed(params!),
  );
}

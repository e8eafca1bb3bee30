/** The domain name system as Deno offers it. */

import {
  type Dns,
  DnsFailure,
  type Naptr,
  type Srv,
} from "../core/transport/dns.ts";

/** Settings of a {@linkcode DenoDns}. */
export interface DenoDnsOptions {
  /** The server to ask; the system's own by default. */
  readonly nameServer?: { readonly ipAddr: string; readonly port?: number };
  /** How long an answer is waited for; 3000 by default. */
  readonly timeoutMs?: number;
}

/**
 * Asks a name server; see {@linkcode Dns}. The runtime reports a server's failure (SERVFAIL) as it reports a name
 * without records, so only a server that does not answer is a {@linkcode DnsFailure} here.
 */
export class DenoDns implements Dns {
  readonly #nameServer: { ipAddr: string; port?: number } | undefined;
  readonly #timeoutMs: number;

  constructor(options: DenoDnsOptions = {}) {
    this.#nameServer = options.nameServer;
    this.#timeoutMs = options.timeoutMs ?? 3_000;
  }

  naptr(name: string): Promise<readonly Naptr[]> {
    return this.#ask(
      `NAPTR ${name}`,
      (options) => Deno.resolveDns(absolute(name), "NAPTR", options),
    );
  }

  srv(name: string): Promise<readonly Srv[]> {
    return this.#ask(
      `SRV ${name}`,
      (options) => Deno.resolveDns(absolute(name), "SRV", options),
    );
  }

  a(name: string): Promise<readonly string[]> {
    return this.#ask(
      `A ${name}`,
      (options) => Deno.resolveDns(absolute(name), "A", options),
    );
  }

  aaaa(name: string): Promise<readonly string[]> {
    return this.#ask(
      `AAAA ${name}`,
      (options) => Deno.resolveDns(absolute(name), "AAAA", options),
    );
  }

  async #ask<T>(
    question: string,
    resolve: (options: Deno.ResolveDnsOptions) => Promise<T[]>,
  ): Promise<readonly T[]> {
    const aborter = new AbortController();
    const timer = setTimeout(() => aborter.abort(), this.#timeoutMs);
    try {
      return await resolve({
        signal: aborter.signal,
        ...(this.#nameServer && { nameServer: this.#nameServer }),
      });
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return [];
      throw new DnsFailure(
        question,
        aborter.signal.aborted ? "the name server did not answer" : cause,
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A final dot keeps the system's search list out. */
function absolute(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}

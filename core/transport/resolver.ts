/**
 * RFC 3263: from a SIP URI to the addresses, ports and transports to try, in order.
 *
 * The procedure is written once, as a plain function over what is known. Where an answer is missing it goes on as if
 * there were none, the missing questions are asked all at once, and the procedure runs again: so a cached name
 * resolves without waiting, and A and AAAA are asked for side by side.
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { detached } from "../message/bytes.ts";
import type { SipUri } from "../message/uri.ts";
import {
  canonicalHost,
  defaultPort,
  ipVersion,
  type Target,
  type TransportName,
  transportName,
} from "./address.ts";
import { type Dns, inTrialOrder, type Naptr, type Srv } from "./dns.ts";
import { type Answers, DnsCache } from "./dns_cache.ts";

/** What a {@linkcode Resolver} is made of. */
export interface ResolverOptions {
  readonly dns: Dns;
  /** Chooses among SRV records of one priority. */
  readonly random: Random;
  readonly clock: Clock;
  readonly limits: Limits;
  /** The transports that there are listeners for, in order of liking. */
  readonly supported: readonly TransportName[];
  /** The address families to ask for, in order of liking; [4, 6] by default. */
  readonly families?: readonly (4 | 6)[];
}

/** NAPTR, its SRV, the SRV of each transport, addresses: four rounds, and one for an answer that ran out meanwhile. */
const MAX_ROUNDS = 5;

/** Finds where a URI leads; see the module's text. */
export class Resolver {
  /** The same for every attempt. */
  readonly #options: AttemptOptions;

  constructor(options: ResolverOptions) {
    this.#options = {
      cache: new DnsCache(options.dns, options),
      random: options.random,
      supported: options.supported,
      families: options.families ?? [4, 6],
      most: options.limits.resolvedTargets,
    };
  }

  /**
   * The targets of a URI in order of trial; none when it cannot be resolved or asks for a transport that is not
   * supported. At once for addresses and for names that were resolved lately. It never rejects.
   */
  resolve(uri: SipUri): readonly Target[] | Promise<readonly Target[]> {
    const attempt = this.#attempt(uri);
    return attempt.missing === undefined
      ? attempt.targets()
      : this.#askAndRetry(uri, attempt);
  }

  async #askAndRetry(
    uri: SipUri,
    first: Attempt,
  ): Promise<readonly Target[]> {
    let attempt = first;
    const { cache } = this.#options;
    for (let i = 0; i < MAX_ROUNDS && attempt.missing !== undefined; i++) {
      const questions = [...attempt.missing.values()];
      await Promise.all(
        questions.map(({ kind, name }) => cache.ask(kind, name)),
      );
      attempt = this.#attempt(uri);
    }
    return attempt.targets();
  }

  #attempt(uri: SipUri): Attempt {
    const attempt = new Attempt(uri, this.#options);
    keepSample(KINDS.resolution, attempt);
    attempt.run();
    return attempt;
  }
}

interface Question {
  readonly kind: keyof Answers;
  readonly name: string;
}

interface AttemptOptions {
  readonly cache: DnsCache;
  readonly random: Random;
  readonly supported: readonly TransportName[];
  readonly families: readonly (4 | 6)[];
  readonly most: number;
}

const NO_TARGETS: readonly Target[] = [];

/** One run of the procedure. */
class Attempt {
  /** What is not known yet; undefined as long as that is nothing. */
  missing: Map<string, Question> | undefined;
  #found: readonly Target[] = NO_TARGETS;
  readonly #options: AttemptOptions;
  readonly #secure: boolean;
  readonly #port: number | undefined;
  /** §4: "the TARGET is the value of the maddr parameter of the URI, if present, otherwise, the host value". */
  readonly #host: string;
  /** The transport parameter: undefined when absent, null when it asks for what cannot be. */
  readonly #asked: TransportName | null | undefined;

  constructor(uri: SipUri, options: AttemptOptions) {
    this.#options = options;
    this.#secure = uri.scheme === "sips";
    this.#port = uri.port;
    const maddr = uri.param("maddr");
    const host = maddr === undefined || maddr === "" ? uri.host : maddr;
    this.#host = detached(plainName(canonicalHost(host)));
    this.#asked = askedTransport(uri);
  }

  targets(): readonly Target[] {
    return this.#found;
  }

  run(): void {
    if (this.#asked === null) return;
    const { supported } = this.#options;
    if (this.#asked !== undefined && !supported.includes(this.#asked)) return;
    // §4.1: "if no transport protocol is specified, but the TARGET is a numeric IP address, the client SHOULD use UDP
    // for a SIP URI, and TCP for a SIPS URI. Similarly, if no transport protocol is specified, and the TARGET is not
    // numeric, but an explicit port is provided".
    const transport = this.#asked ?? (this.#secure ? "TLS" : "UDP");
    if (ipVersion(this.#host) !== 0) {
      // §4.2: "If TARGET is a numeric IP address, the client uses that address. If the URI also contains a port, it
      // uses that port. If no port is specified, it uses the default port for the particular transport protocol."
      this.#add({
        host: this.#host,
        port: this.#port ?? defaultPort(transport),
        transport,
      });
    } else if (this.#port !== undefined) {
      // §4.2: "If the TARGET was not a numeric IP address, but a port is present in the URI, the client performs an A
      // or AAAA record lookup of the domain name."
      this.#addresses(this.#host, { port: this.#port, transport });
    } else if (this.#asked !== undefined) {
      this.#askedService(this.#asked);
    } else {
      this.#anyService();
    }
  }

  /**
   * §4.2: "because a transport was specified explicitly, the client performs an SRV query for that specific transport
   * [...] If no SRV records were found, the client performs an A or AAAA record lookup of the domain name."
   */
  #askedService(transport: TransportName): void {
    const records = this.#lookUp("srv", this.#serviceName(transport));
    if (records === undefined) return;
    if (records.length > 0) this.#services(records, transport);
    else {
      this.#addresses(this.#host, { port: defaultPort(transport), transport });
    }
  }

  /** §4.1: "if no transport protocol or port is specified, and the target is not a numeric IP address". */
  #anyService(): void {
    const naptr = this.#lookUp("naptr", this.#host);
    if (naptr === undefined) return;
    let served = false;
    for (const { transport, replacement } of this.#usable(naptr)) {
      const records = this.#lookUp("srv", replacement);
      if (records === undefined || records.length > 0) served = true;
      if (records !== undefined) this.#services(records, transport);
    }
    if (served) return;
    // §4.1: "If no NAPTR records are found, the client constructs SRV queries for those transport protocols it
    // supports, and does a query for each. [...] A particular transport is supported if the query is successful."
    for (const transport of this.#eligible()) {
      const records = this.#lookUp("srv", this.#serviceName(transport));
      if (records === undefined || records.length > 0) served = true;
      if (records !== undefined) this.#services(records, transport);
    }
    if (served) return;
    // §4.1: "If no SRV records are found, the client SHOULD use TCP for a SIPS URI, and UDP for a SIP URI."
    const transport = this.#secure ? "TLS" : "UDP";
    this.#addresses(this.#host, { port: defaultPort(transport), transport });
  }

  /** The NAPTR records that lead to a transport of ours, in order of trial. */
  #usable(
    records: readonly Naptr[],
  ): { transport: TransportName; replacement: string }[] {
    // RFC 3403 §4.1: order "MUST be processed" lowest first; preference decides among equals.
    const sorted = [...records].sort((a, b) =>
      a.order - b.order || a.preference - b.preference
    );
    const usable: { transport: TransportName; replacement: string }[] = [];
    let order: number | undefined;
    for (const record of sorted) {
      const transport = naptrTransport(record);
      if (transport === undefined || !this.#mayUse(transport)) continue;
      // RFC 3403 §4.1: "once a match is found", records "with a different (higher) order value" are not considered.
      if (order !== undefined && record.order !== order) break;
      order = record.order;
      const replacement = plainName(record.replacement);
      if (replacement !== "") usable.push({ transport, replacement });
    }
    return usable;
  }

  /** §4.1: "a client resolving a SIPS URI MUST discard any services that do not contain "SIPS"". */
  #mayUse(transport: TransportName): boolean {
    if (!this.#options.supported.includes(transport)) return false;
    return !this.#secure || transport === "TLS" || transport === "WSS";
  }

  #eligible(): TransportName[] {
    return this.#options.supported.filter((one) => this.#mayUse(one));
  }

  #services(records: readonly Srv[], transport: TransportName): void {
    const ordered = inTrialOrder(records, this.#options.random);
    for (const { target, port } of ordered) {
      // RFC 2782: "A Target of "." means that the service is decidedly not available at this domain."
      const name = plainName(target);
      if (name !== "" && port > 0) this.#addresses(name, { port, transport });
    }
  }

  #addresses(
    name: string,
    to: { port: number; transport: TransportName },
  ): void {
    if (!this.#options.supported.includes(to.transport)) return;
    for (const family of this.#options.families) {
      const wanted = ipVersion(name) === 0
        ? this.#lookUp(family === 4 ? "a" : "aaaa", name) ?? []
        : [name];
      for (const address of wanted) {
        const host = canonicalHost(address);
        if (ipVersion(host) === family) this.#add({ host, ...to });
      }
    }
  }

  #add(target: { host: string; port: number; transport: TransportName }): void {
    if (!this.#options.supported.includes(target.transport)) return;
    if (this.#found.length >= this.#options.most) return;
    for (const { transport, port, host } of this.#found) {
      if (
        transport === target.transport && port === target.port &&
        host === target.host
      ) return;
    }
    const named = ipVersion(this.#host) === 0 &&
      (target.transport === "TLS" || target.transport === "WSS");
    const one = named ? { ...target, serverName: this.#host } : target;
    // One is the rule: a list that grows would keep room for many.
    this.#found = this.#found.length === 0 ? [one] : [...this.#found, one];
  }

  /** §4.1: "Queries are done using the service identifier "_sip" for SIP URIs and "_sips" for SIPS URIs." */
  #serviceName(transport: TransportName): string {
    switch (transport) {
      case "UDP":
        return `_sip._udp.${this.#host}`;
      case "TCP":
        return `_sip._tcp.${this.#host}`;
      case "TLS":
        return `_sips._tcp.${this.#host}`;
      case "WS":
        return `_sip._ws.${this.#host}`;
      case "WSS":
        return `_sips._wss.${this.#host}`;
    }
  }

  /** What is known, or undefined with the question noted. */
  #lookUp<K extends keyof Answers>(
    kind: K,
    name: string,
  ): readonly Answers[K][] | undefined {
    const known = this.#options.cache.known(kind, name);
    if (known === undefined) {
      this.missing ??= new Map();
      this.missing.set(`${kind} ${name}`, { kind, name });
    }
    return known;
  }
}

/** §4.1: "If the URI specifies a transport protocol in the transport parameter, that transport protocol SHOULD be used." */
function askedTransport(uri: SipUri): TransportName | null | undefined {
  const param = uri.param("transport");
  if (param === undefined || param === "") return undefined;
  const name = transportName(param) ?? null;
  if (uri.scheme === "sip" || name === null) return name;
  // RFC 3261 §26.2.2: a SIPS URI is reached by TLS on every hop; its transport parameter names what TLS runs over.
  switch (name) {
    case "TCP":
    case "TLS":
      return "TLS";
    case "WS":
    case "WSS":
      return "WSS";
    case "UDP":
      return null;
  }
}

/** The transport that a NAPTR record's service field names (RFC 3263 section 4.1, RFC 7118 section 5.2.4). */
function naptrTransport(record: Naptr): TransportName | undefined {
  // §4.1: "The resulting NAPTR record will have the flag "s"": its replacement is the name of SRV records.
  if (record.flags.toLowerCase() !== "s" || record.regexp !== "") {
    return undefined;
  }
  switch (record.services.toUpperCase()) {
    case "SIP+D2U":
      return "UDP";
    case "SIP+D2T":
      return "TCP";
    case "SIPS+D2T":
      return "TLS";
    case "SIP+D2W":
      return "WS";
    case "SIPS+D2W":
      return "WSS";
  }
  return undefined;
}

/** A name as questions spell it: lower case, no final dot. */
function plainName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

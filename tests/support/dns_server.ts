/** A small name server on UDP for tests: NAPTR, SRV, A and AAAA from a table, NXDOMAIN and SERVFAIL. */

import type { Naptr, Srv } from "../../core/transport/dns.ts";

/** What a name holds; a type that is absent is answered with no records, a name that is absent with NXDOMAIN. */
export interface DnsName {
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly srv?: readonly Srv[];
  readonly naptr?: readonly Naptr[];
}

/** Names, without a final dot, to what they hold; "fails" is answered with SERVFAIL. */
export type DnsZone = Readonly<Record<string, DnsName | "fails">>;

const A = 1;
const AAAA = 28;
const SRV = 33;
const NAPTR = 35;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const HEADER_BYTES = 12;

/** Serves a zone on a free port of 127.0.0.1 until disposed of. */
export class DnsServer implements AsyncDisposable {
  readonly #socket: Deno.DatagramConn;
  readonly #zone: DnsZone;
  readonly #serving: Promise<void>;
  #open = true;
  /** How many questions were answered. */
  answered = 0;

  constructor(zone: DnsZone) {
    this.#zone = zone;
    this.#socket = Deno.listenDatagram({
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    });
    this.#serving = this.#serve();
  }

  /** Where to ask it. */
  get address(): { ipAddr: string; port: number } {
    const { addr } = this.#socket;
    return {
      ipAddr: "127.0.0.1",
      port: addr.transport === "udp" ? addr.port : 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    this.#socket.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    while (this.#open) {
      try {
        const [query, from] = await this.#socket.receive();
        await this.#socket.send(answer(query, this.#zone), from);
        this.answered++;
      } catch (error) {
        if (this.#open) throw error;
      }
    }
  }
}

/** The answer to a query with one question (RFC 1035 section 4). */
function answer(query: Uint8Array, zone: DnsZone): Uint8Array<ArrayBuffer> {
  const { name, type, end } = question(query);
  const entry = zone[name.toLowerCase()];
  const records = entry === undefined || entry === "fails"
    ? []
    : recordsOf(entry, type);
  const code = entry === undefined
    ? NXDOMAIN
    : entry === "fails"
    ? SERVFAIL
    : 0;
  const bytes = [
    ...query.subarray(0, 2),
    ...u16(0x8580 | code),
    ...u16(1),
    ...u16(records.length),
    ...u16(0),
    ...u16(0),
    ...query.subarray(HEADER_BYTES, end),
  ];
  for (const data of records) {
    // The owner's name as a pointer to the question, class IN, and a TTL of 60 s.
    bytes.push(...u16(0xc000 | HEADER_BYTES), ...u16(type), ...u16(1));
    bytes.push(...u16(0), ...u16(60), ...u16(data.length), ...data);
  }
  return new Uint8Array(bytes);
}

function question(
  query: Uint8Array,
): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let size = query[at++] ?? 0; size > 0; size = query[at++] ?? 0) {
    labels.push(String.fromCharCode(...query.subarray(at, at + size)));
    at += size;
  }
  const type = (query[at] ?? 0) * 256 + (query[at + 1] ?? 0);
  return { name: labels.join("."), type, end: at + 4 };
}

function recordsOf(entry: DnsName, type: number): number[][] {
  switch (type) {
    case A:
      return (entry.a ?? []).map((text) => text.split(".").map(Number));
    case AAAA:
      return (entry.aaaa ?? []).map(groups);
    case SRV:
      return (entry.srv ?? []).map((record) => [
        ...u16(record.priority),
        ...u16(record.weight),
        ...u16(record.port),
        ...domainName(record.target),
      ]);
    case NAPTR:
      return (entry.naptr ?? []).map((record) => [
        ...u16(record.order),
        ...u16(record.preference),
        ...characterString(record.flags),
        ...characterString(record.services),
        ...characterString(record.regexp),
        ...domainName(record.replacement),
      ]);
  }
  return [];
}

/** The 16 bytes of an IPv6 address. */
function groups(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const words = (part: string): string[] => part === "" ? [] : part.split(":");
  const right = tail === undefined ? [] : words(tail);
  const gap = tail === undefined ? 0 : 8 - words(head).length - right.length;
  const all = [...words(head), ...Array<string>(gap).fill("0"), ...right];
  return all.flatMap((word) => u16(parseInt(word, 16)));
}

function domainName(name: string): number[] {
  const labels = name.split(".").filter((label) => label !== "");
  return [...labels.flatMap(characterString), 0];
}

function characterString(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

function u16(value: number): number[] {
  return [value >> 8 & 0xff, value & 0xff];
}

/** Small views in memory with the rules of core's: owned fields and bad text are refused, nothing else is known. */

import type { Json } from "../../core/call/decisions.ts";
import type {
  CallView,
  HeadersView,
  LegView,
  MessageView,
  PartyView,
  UriView,
} from "../../core/call/policy.ts";

const OWNED = ["via", "call-id", "cseq", "contact", "max-forwards"];

export class FakeHeaders implements HeadersView {
  constructor(readonly lines: [string, string][]) {}

  get(name: string): string | undefined {
    return this.#find(name)?.[1];
  }
  getAll(name: string): string[] {
    return this.lines.filter((line) => same(line[0], name)).map((l) => l[1]);
  }
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }
  set(name: string, value: string): void {
    checked(name, value);
    const first = this.#find(name);
    if (first === undefined) return this.append(name, value);
    first[1] = value;
    this.#keep((line) => line === first || !same(line[0], name));
  }
  append(name: string, value: string): void {
    checked(name, value);
    this.lines.push([name, value]);
  }
  delete(name: string): boolean {
    checked(name, "");
    return this.#keep((line) => !same(line[0], name));
  }
  rename(from: string, to: string): boolean {
    checked(from, "");
    checked(to, "");
    const found = this.lines.filter((line) => same(line[0], from));
    for (const line of found) line[0] = to;
    return found.length > 0;
  }
  names(): string[] {
    return this.lines.map((line) => line[0]);
  }
  #find(name: string): [string, string] | undefined {
    return this.lines.find((line) => same(line[0], name));
  }
  #keep(wanted: (line: [string, string]) => boolean): boolean {
    const kept = this.lines.filter(wanted);
    const changed = kept.length !== this.lines.length;
    this.lines.splice(0, this.lines.length, ...kept);
    return changed;
  }
}

export class FakeUri implements UriView {
  readonly scheme = "sip";
  port: number | undefined;
  #host: string;
  readonly #params: Map<string, string> = new Map();

  constructor(public user: string, host: string) {
    this.#host = host;
  }
  get host(): string {
    return this.#host;
  }
  set host(value: string) {
    if (value === "") throw new TypeError("Cannot set URI host: it is empty");
    this.#host = value;
  }
  param(name: string): string | undefined {
    return this.#params.get(name);
  }
  setParam(name: string, value: string | undefined): void {
    if (value === undefined) this.#params.delete(name);
    else this.#params.set(name, value);
  }
  get text(): string {
    const params = [...this.#params].map(([n, v]) =>
      `;${n}${v === "" ? "" : `=${v}`}`
    );
    const port = this.port === undefined ? "" : `:${this.port}`;
    return `sip:${this.user}@${this.host}${port}${params.join("")}`;
  }
  set text(value: string) {
    const match = /^sip:([^@]*)@([^;:]+)$/.exec(value);
    if (match === null) {
      throw new TypeError(`Cannot set URI: "${value}" is not a SIP URI`);
    }
    this.user = match[1]!;
    this.host = match[2]!;
  }
  toString(): string {
    return this.text;
  }
}

export class FakeParty implements PartyView {
  readonly uri: FakeUri;
  tag: string | undefined = "t1";

  constructor(public display: string, user: string, host: string) {
    this.uri = new FakeUri(user, host);
  }
  get user(): string {
    return this.uri.user;
  }
  set user(value: string) {
    this.uri.user = value;
  }
  get host(): string {
    return this.uri.host;
  }
  set host(value: string) {
    this.uri.host = value;
  }
}

export class FakeMessage implements MessageView {
  readonly kind: "request" | "response";
  readonly method: string;
  readonly status: number;
  readonly reason: string;
  readonly uri: FakeUri = new FakeUri("bob", "example.com");
  readonly from: FakeParty = new FakeParty("Alice", "alice", "a.example");
  readonly to: FakeParty = new FakeParty("", "bob", "b.example");
  readonly headers: FakeHeaders;
  body = "";

  constructor(method = "INVITE", status = 0) {
    this.kind = status === 0 ? "request" : "response";
    this.method = method;
    this.status = status;
    this.reason = status === 0 ? "" : "OK";
    this.headers = new FakeHeaders([
      ["Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"],
      ["User-Agent", "phone/1.0"],
      ["P-Asserted-Identity", "<sip:alice@a.example>"],
      ["X-Note", "one"],
      ["X-Note", "two"],
    ]);
  }
}

export function fakeCall(options: {
  user?: string;
  vars?: Record<string, Json>;
} = {}): CallView {
  return {
    id: "call-1",
    trunk: "carrier",
    from: new FakeParty("Alice", options.user ?? "alice", "a.example"),
    to: new FakeParty("", "bob", "b.example"),
    uri: new FakeUri("bob", "b.example"),
    headers: new FakeHeaders([["User-Agent", "phone/1.0"]]),
    body: "v=0\r\n",
    source: "udp:192.0.2.1:5060",
    vars: options.vars ?? {},
  };
}

export function fakeLeg(call: CallView | undefined = fakeCall()): LegView {
  return { name: "a", trunk: "carrier", peer: "udp:192.0.2.1:5060", call };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function checked(name: string, value: string): void {
  if (OWNED.includes(name.toLowerCase())) {
    throw new TypeError(`Cannot set header ${name}: Legwork owns it`);
  }
  if (!/^[\w-]+$/.test(name)) {
    throw new TypeError(`Cannot set header: "${name}" is not a name`);
  }
  if (/[\r\n]/.test(value)) {
    throw new TypeError(`Cannot set header ${name}: it has a line break`);
  }
}

/** RFC 3263 as a table: a zone, a URI, and where it leads, in order. */

import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS, type Limits } from "../../../core/base/limits.ts";
import { type Random, seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { parseSipUri } from "../../../core/message/uri.ts";
import {
  formatAddress,
  type Target,
  type TransportName,
} from "../../../core/transport/address.ts";
import {
  type Dns,
  DnsFailure,
  inTrialOrder,
  type Naptr,
  type Srv,
} from "../../../core/transport/dns.ts";
import { Resolver } from "../../../core/transport/resolver.ts";

/** Question to records: `a one.example`; "fails" is a failing server. */
type Zone = Readonly<
  Record<string, readonly (Naptr | Srv | string)[] | "fails">
>;

class FakeDns implements Dns {
  readonly asked: string[] = [];

  constructor(public zone: Zone) {}

  naptr(name: string): Promise<Naptr[]> {
    return this.#answer("naptr", name);
  }

  srv(name: string): Promise<Srv[]> {
    return this.#answer("srv", name);
  }

  a(name: string): Promise<string[]> {
    return this.#answer("a", name);
  }

  aaaa(name: string): Promise<string[]> {
    return this.#answer("aaaa", name);
  }

  #answer<T>(kind: string, name: string): Promise<T[]> {
    const question = `${kind} ${name}`;
    this.asked.push(question);
    const records = this.zone[question] ?? [];
    return records === "fails"
      ? Promise.reject(new DnsFailure(question, "SERVFAIL"))
      : Promise.resolve([...records] as T[]);
  }
}

function naptr(order: number, preference: number, rest: string): Naptr {
  const [services = "", replacement = "", flags = "s"] = rest.split(" ");
  return { order, preference, flags, services, regexp: "", replacement };
}

function srv(priority: number, weight: number, rest: string): Srv {
  const [target = "", port = ""] = rest.split(" ");
  return { priority, weight, port: Number(port), target };
}

function bench(
  zone: Zone,
  options: {
    supported?: readonly TransportName[];
    limits?: Partial<Limits>;
    random?: Random;
    families?: readonly (4 | 6)[];
  } = {},
): { resolver: Resolver; dns: FakeDns; clock: TimerWheel } {
  const dns = new FakeDns(zone);
  const clock = new TimerWheel();
  const resolver = new Resolver({
    dns,
    clock,
    random: options.random ?? seededRandom(1),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    supported: options.supported ?? ["UDP", "TCP"],
    ...(options.families && { families: options.families }),
  });
  return { resolver, dns, clock };
}

function spelled(targets: readonly Target[]): string[] {
  return targets.map((target) => {
    const name = target.serverName === undefined ? "" : ` ${target.serverName}`;
    return `${target.transport} ${formatAddress(target)}${name}`;
  });
}

const ONE = { "a one.example": ["192.0.2.1"], "a two.example": ["192.0.2.2"] };
const TLS: readonly TransportName[] = ["UDP", "TCP", "TLS"];

interface Row {
  readonly what: string;
  readonly zone?: Zone;
  readonly uri: string;
  readonly supported?: readonly TransportName[];
  readonly targets: readonly string[];
  readonly asked?: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    // §4.1: "if no transport protocol is specified, but the TARGET is a numeric IP address, the client SHOULD use UDP
    // for a SIP URI". §4.2: "If no port is specified, it uses the default port for the particular transport protocol."
    what: "a numeric address: UDP and its default port, nothing asked",
    uri: "sip:a@192.0.2.7",
    targets: ["UDP 192.0.2.7:5060"],
    asked: [],
  },
  {
    // §4.2: "If the URI also contains a port, it uses that port."
    what: "a numeric address with a port",
    uri: "sip:[2001:DB8::7]:5070",
    targets: ["UDP [2001:db8::7]:5070"],
    asked: [],
  },
  {
    // §4.1: "and TCP for a SIPS URI", over which TLS runs.
    what: "a numeric address, sips",
    uri: "sips:192.0.2.7",
    supported: TLS,
    targets: ["TLS 192.0.2.7:5061"],
    asked: [],
  },
  {
    // §4.1: "If the URI specifies a transport protocol in the transport parameter, that transport protocol SHOULD be used."
    what: "a numeric address with a transport",
    uri: "sip:192.0.2.7;transport=TCP",
    targets: ["TCP 192.0.2.7:5060"],
    asked: [],
  },
  {
    what: "sip over TLS by parameter",
    uri: "sip:192.0.2.7;transport=tls",
    supported: TLS,
    targets: ["TLS 192.0.2.7:5061"],
  },
  {
    // §4: "the TARGET is the value of the maddr parameter of the URI, if present, otherwise, the host value of the
    // hostport component of the URI."
    what: "maddr",
    uri: "sip:one.example:5070;maddr=192.0.2.9",
    targets: ["UDP 192.0.2.9:5070"],
    asked: [],
  },
  {
    what: "transports that are not ours lead nowhere, and nothing is asked",
    uri: "sip:one.example;transport=sctp",
    zone: ONE,
    targets: [],
    asked: [],
  },
  {
    what: "sips without TLS leads nowhere",
    uri: "sips:192.0.2.7",
    targets: [],
  },
  {
    what: "sips over UDP cannot be",
    uri: "sips:192.0.2.7;transport=udp",
    supported: TLS,
    targets: [],
  },
  {
    what: "sips over TCP is TLS",
    uri: "sips:one.example;transport=tcp",
    supported: TLS,
    zone: {
      ...ONE,
      "srv _sips._tcp.one.example": [srv(0, 0, "two.example 5099")],
    },
    targets: ["TLS 192.0.2.2:5099 one.example"],
  },
  {
    // §4.2: "If the TARGET was not a numeric IP address, but a port is present in the URI, the client performs an A or
    // AAAA record lookup of the domain name."
    what: "a name with a port: addresses only, of both families",
    uri: "sip:one.example:5070",
    zone: { ...ONE, "aaaa one.example": ["2001:DB8::1"] },
    targets: ["UDP 192.0.2.1:5070", "UDP [2001:db8::1]:5070"],
    asked: ["a one.example", "aaaa one.example"],
  },
  {
    // §4.2: "because a transport was specified explicitly, the client performs an SRV query for that specific transport,
    // using the service identifier "_sips" for SIPS URIs. For a SIP URI [...] it uses "_sip"."
    what: "a name with a transport: its SRV, no NAPTR",
    uri: "sip:one.example;transport=tcp",
    zone: {
      ...ONE,
      "srv _sip._tcp.one.example": [srv(0, 0, "two.example 5066")],
    },
    targets: ["TCP 192.0.2.2:5066"],
    asked: ["srv _sip._tcp.one.example", "a two.example", "aaaa two.example"],
  },
  {
    // §4.2: "If no SRV records were found, the client performs an A or AAAA record lookup of the domain name."
    what: "a name with a transport and no SRV",
    uri: "sip:one.example;transport=tcp",
    zone: ONE,
    targets: ["TCP 192.0.2.1:5060"],
  },
  {
    // §4.1, the RFC's own example: NAPTR for TCP before UDP, TLS not supported here.
    what:
      "NAPTR decides the transport; services that are not supported are discarded",
    uri: "sip:user@one.example",
    zone: {
      ...ONE,
      "naptr one.example": [
        naptr(100, 50, "SIP+D2U _sip._udp.one.example."),
        naptr(90, 50, "SIP+D2T _sip._tcp.one.example."),
        naptr(50, 50, "SIPS+D2T _sips._tcp.one.example."),
      ],
      "srv _sip._tcp.one.example": [
        srv(0, 1, "one.example. 5060"),
        srv(1, 2, "two.example. 5062"),
      ],
    },
    targets: ["TCP 192.0.2.1:5060", "TCP 192.0.2.2:5062"],
  },
  {
    // §4.1: "a client resolving a SIP URI SHOULD retain records with "SIPS" as the protocol, if the client supports TLS."
    what: "NAPTR with SIPS for a SIP URI, where there is TLS",
    uri: "sip:one.example",
    supported: TLS,
    zone: {
      ...ONE,
      "naptr one.example": [
        naptr(50, 50, "sips+d2t _sips._tcp.one.example"),
        naptr(90, 50, "SIP+D2T _sip._tcp.one.example"),
      ],
      "srv _sips._tcp.one.example": [srv(0, 1, "two.example 5061")],
    },
    targets: ["TLS 192.0.2.2:5061 one.example"],
  },
  {
    // §4.1: "a client resolving a SIPS URI MUST discard any services that do not contain "SIPS" as the protocol".
    what: "NAPTR for a SIPS URI",
    uri: "sips:one.example",
    supported: TLS,
    zone: {
      ...ONE,
      "naptr one.example": [
        naptr(10, 50, "SIP+D2U _sip._udp.one.example"),
        naptr(90, 50, "SIPS+D2T _sips._tcp.one.example"),
      ],
      "srv _sips._tcp.one.example": [srv(0, 1, "two.example 5061")],
    },
    targets: ["TLS 192.0.2.2:5061 one.example"],
  },
  {
    what: "NAPTR of one order: preference decides, all are tried",
    uri: "sip:one.example",
    zone: {
      ...ONE,
      "naptr one.example": [
        naptr(10, 60, "SIP+D2U _sip._udp.one.example"),
        naptr(10, 50, "SIP+D2T _sip._tcp.one.example"),
      ],
      "srv _sip._udp.one.example": [srv(0, 1, "one.example 5060")],
      "srv _sip._tcp.one.example": [srv(0, 1, "two.example 5060")],
    },
    targets: ["TCP 192.0.2.2:5060", "UDP 192.0.2.1:5060"],
  },
  {
    what: "NAPTR for something else than SIP, or by another flag, is none",
    uri: "sip:one.example",
    zone: {
      ...ONE,
      "naptr one.example": [
        naptr(1, 1, "E2U+sip !^.*$!sip:x! u"),
        naptr(2, 1, "SIP+D2U two.example a"),
      ],
      "srv _sip._udp.one.example": [srv(0, 1, "one.example 5068")],
    },
    targets: ["UDP 192.0.2.1:5068"],
  },
  {
    // §4.1: "If no NAPTR records are found, the client constructs SRV queries for those transport protocols it supports,
    // and does a query for each."
    what: "no NAPTR: the SRV of every transport of ours",
    uri: "sip:one.example",
    zone: {
      ...ONE,
      "srv _sip._tcp.one.example": [srv(0, 1, "two.example 5062")],
    },
    targets: ["TCP 192.0.2.2:5062"],
    asked: [
      "naptr one.example",
      "srv _sip._udp.one.example",
      "srv _sip._tcp.one.example",
      "a two.example",
      "aaaa two.example",
    ],
  },
  {
    // §4.1: "If no SRV records are found, the client SHOULD use TCP for a SIPS URI, and UDP for a SIP URI."
    what: "nothing but an address",
    uri: "sip:ONE.example.",
    zone: ONE,
    targets: ["UDP 192.0.2.1:5060"],
  },
  {
    what: "nothing but an address, sips",
    uri: "sips:one.example",
    supported: TLS,
    zone: ONE,
    targets: ["TLS 192.0.2.1:5061 one.example"],
  },
  {
    // RFC 2782: "A Target of "." means that the service is decidedly not available at this domain."
    what: "a service that is decidedly not available",
    uri: "sip:one.example;transport=udp",
    zone: { ...ONE, "srv _sip._udp.one.example": [srv(0, 0, ". 0")] },
    targets: [],
  },
  {
    what: "an SRV target without addresses is passed over",
    uri: "sip:one.example;transport=udp",
    zone: {
      ...ONE,
      "srv _sip._udp.one.example": [
        srv(0, 0, "gone.example 5060"),
        srv(1, 0, "two.example 5060"),
      ],
    },
    targets: ["UDP 192.0.2.2:5060"],
  },
  {
    what: "two names of one address are one target",
    uri: "sip:one.example;transport=udp",
    zone: {
      "a x.example": ["192.0.2.5"],
      "a y.example": ["192.0.2.5"],
      "srv _sip._udp.one.example": [
        srv(0, 0, "x.example 5060"),
        srv(1, 0, "y.example 5060"),
      ],
    },
    targets: ["UDP 192.0.2.5:5060"],
  },
  {
    what: "an unknown name leads nowhere",
    uri: "sip:nowhere.example",
    targets: [],
  },
  {
    what:
      "a failing server is as good as an empty answer: what else is known is tried",
    uri: "sip:one.example",
    zone: {
      ...ONE,
      "naptr one.example": "fails",
      "srv _sip._udp.one.example": "fails",
      "aaaa one.example": "fails",
    },
    targets: ["UDP 192.0.2.1:5060"],
  },
  {
    what: "a server that always fails leads nowhere",
    uri: "sip:one.example:5060",
    zone: { "a one.example": "fails", "aaaa one.example": "fails" },
    targets: [],
  },
  {
    what: "an answer that is no address is passed over",
    uri: "sip:one.example:5060",
    zone: { "a one.example": ["nonsense", "192.0.2.1"] },
    targets: ["UDP 192.0.2.1:5060"],
  },
];

for (const row of ROWS) {
  Deno.test(`RFC 3263: ${row.what}`, async () => {
    const { resolver, dns } = bench(row.zone ?? {}, {
      ...(row.supported && { supported: row.supported }),
    });
    const targets = await resolver.resolve(parseSipUri(row.uri)!);
    assertEquals(spelled(targets), [...row.targets]);
    if (row.asked !== undefined) assertEquals(dns.asked, [...row.asked]);
  });
}

const URI = parseSipUri("sip:one.example:5060")!;

Deno.test("addresses and cached names resolve at once", async () => {
  const { resolver, dns, clock } = bench(ONE);
  assert(!(resolver.resolve(parseSipUri("sip:192.0.2.7")!) instanceof Promise));
  const first = resolver.resolve(URI);
  assert(first instanceof Promise);
  await first;
  const second = resolver.resolve(URI);
  assert(!(second instanceof Promise));
  assertEquals(spelled(second), ["UDP 192.0.2.1:5060"]);
  assertEquals(dns.asked.length, 2);

  // An address is kept for 60 s, an empty answer (no AAAA here) for 10 s.
  clock.advance(10_000);
  await resolver.resolve(URI);
  assertEquals(dns.asked.slice(2), ["aaaa one.example"]);
  clock.advance(60_000);
  await resolver.resolve(URI);
  assertEquals(dns.asked.slice(3), ["a one.example", "aaaa one.example"]);
});

Deno.test("a name that failed is asked for again after 10 s", async () => {
  const { resolver, dns, clock } = bench({ "a one.example": "fails" });
  assertEquals(await resolver.resolve(URI), []);
  dns.zone = ONE;
  assertEquals(resolver.resolve(URI), []);
  clock.advance(10_000);
  assertEquals(spelled(await resolver.resolve(URI)), ["UDP 192.0.2.1:5060"]);
});

Deno.test("a question that is being asked is not asked again", async () => {
  const { resolver, dns } = bench(ONE);
  const all = await Promise.all([1, 2, 3].map(() => resolver.resolve(URI)));
  assertEquals(all.map((targets) => targets.length), [1, 1, 1]);
  assertEquals(dns.asked, ["a one.example", "aaaa one.example"]);
});

Deno.test("targets and the cache are bounded", async () => {
  const many = Array.from({ length: 50 }, (_, i) => `192.0.2.${i}`);
  const { resolver, dns } = bench(
    { ...ONE, "a many.example": many },
    { limits: { resolvedTargets: 5, resolverCache: 2 } },
  );
  const targets = await resolver.resolve(parseSipUri("sip:many.example:5060")!);
  assertEquals(targets.length, 5);
  await resolver.resolve(URI);
  dns.asked.length = 0;
  await resolver.resolve(parseSipUri("sip:many.example:5060")!);
  assertEquals(dns.asked, ["a many.example", "aaaa many.example"]);
});

Deno.test("families are asked for and tried as they are liked", async () => {
  const zone = { ...ONE, "aaaa one.example": ["2001:db8::1"] };
  const six = bench(zone, { families: [6, 4] });
  assertEquals(spelled(await six.resolver.resolve(URI)), [
    "UDP [2001:db8::1]:5060",
    "UDP 192.0.2.1:5060",
  ]);
  const four = bench(zone, { families: [4] });
  assertEquals(spelled(await four.resolver.resolve(URI)), [
    "UDP 192.0.2.1:5060",
  ]);
  assertEquals(four.dns.asked, ["a one.example"]);
});

Deno.test("RFC 2782: priority first, weight by chance", () => {
  const records = [
    srv(2, 100, "last 1"),
    srv(1, 0, "never-first 1"),
    srv(1, 75, "often 1"),
    srv(1, 25, "seldom 1"),
  ];
  const random = seededRandom(7);
  const first = new Map<string, number>();
  for (let i = 0; i < 4_000; i++) {
    const order = inTrialOrder(records, random).map(({ target }) => target);
    // "A client MUST attempt to contact the target host with the lowest-numbered priority it can reach".
    assertEquals(order.at(-1), "last");
    assertEquals(new Set(order).size, 4);
    first.set(order[0]!, (first.get(order[0]!) ?? 0) + 1);
  }
  // "Larger weights SHOULD be given a proportionately higher probability of being selected." With a seed, the same
  // numbers each time: about 3 to 1, and a weight of 0 hardly ever.
  const often = first.get("often")!;
  const seldom = first.get("seldom")!;
  assert(often > 2_800 && often < 3_100, `${often}`);
  assert(seldom > 850 && seldom < 1_150, `${seldom}`);
  assert((first.get("never-first") ?? 0) < 100);
});

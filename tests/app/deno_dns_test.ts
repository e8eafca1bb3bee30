import { assertEquals, assertRejects } from "@std/assert";
import { DenoDns } from "../../app/deno_dns.ts";
import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import { DnsFailure } from "../../core/transport/dns.ts";
import { Resolver } from "../../core/transport/resolver.ts";
import { DnsServer, type DnsZone } from "../support/dns_server.ts";

const ZONE: DnsZone = {
  "carrier.example": {
    naptr: [
      {
        order: 50,
        preference: 50,
        flags: "s",
        services: "SIP+D2T",
        regexp: "",
        replacement: "_sip._tcp.carrier.example",
      },
      {
        order: 90,
        preference: 50,
        flags: "s",
        services: "SIP+D2U",
        regexp: "",
        replacement: "_sip._udp.carrier.example",
      },
    ],
  },
  "_sip._tcp.carrier.example": {
    srv: [
      { priority: 10, weight: 1, port: 5070, target: "backup.carrier.example" },
      { priority: 1, weight: 1, port: 5060, target: "sbc.carrier.example" },
    ],
  },
  "sbc.carrier.example": { a: ["192.0.2.1"], aaaa: ["2001:db8::1"] },
  "backup.carrier.example": { a: ["192.0.2.2"] },
  "broken.example": "fails",
};

Deno.test("DenoDns: records of every kind from a real server", async () => {
  await using server = new DnsServer(ZONE);
  const dns = new DenoDns({ nameServer: server.address });
  assertEquals(await dns.a("sbc.carrier.example"), ["192.0.2.1"]);
  assertEquals(await dns.aaaa("sbc.carrier.example"), ["2001:db8::1"]);
  assertEquals((await dns.srv("_sip._tcp.carrier.example")).length, 2);
  const [first] = await dns.naptr("carrier.example");
  assertEquals(first?.services, "SIP+D2T");
  assertEquals(first?.flags, "s");
});

Deno.test("DenoDns: no data and no such name are empty answers", async () => {
  await using server = new DnsServer(ZONE);
  const dns = new DenoDns({ nameServer: server.address });
  assertEquals(await dns.aaaa("backup.carrier.example"), []);
  assertEquals(await dns.a("nowhere.example"), []);
});

Deno.test("DenoDns: a server that does not answer is a DnsFailure", async () => {
  const silent = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const port = silent.addr.transport === "udp" ? silent.addr.port : 0;
  const nameServer = { ipAddr: "127.0.0.1", port };
  const dns = new DenoDns({ nameServer, timeoutMs: 1 });
  const error = await assertRejects(
    () => dns.a("carrier.example"),
    DnsFailure,
    "Cannot resolve A carrier.example: the name server did not answer",
  );
  assertEquals(error.code, "DNS");
  silent.close();
});

Deno.test("DenoDns: SERVFAIL looks like an empty answer, since the runtime tells no difference", async () => {
  await using server = new DnsServer(ZONE);
  const dns = new DenoDns({ nameServer: server.address });
  assertEquals(await dns.a("broken.example"), []);
});

Deno.test("a SIP URI is resolved through a real name server by RFC 3263", async () => {
  await using server = new DnsServer(ZONE);
  const resolver = new Resolver({
    dns: new DenoDns({ nameServer: server.address }),
    random: seededRandom(1),
    clock: new TimerWheel(),
    limits: DEFAULT_LIMITS,
    supported: ["UDP", "TCP"],
  });
  const uri = parseSipUri("sip:bob@carrier.example")!;
  assertEquals(await resolver.resolve(uri), [
    { host: "192.0.2.1", port: 5060, transport: "TCP" },
    { host: "2001:db8::1", port: 5060, transport: "TCP" },
    { host: "192.0.2.2", port: 5070, transport: "TCP" },
  ]);
  const asked = server.answered;
  await resolver.resolve(uri);
  assertEquals(server.answered, asked);
});

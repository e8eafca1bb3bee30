import { assertEquals } from "@std/assert";
import { parseSipUri } from "../../../core/message/uri.ts";
import { parseMatchRule } from "../../../core/trunk/match_rule.ts";
import {
  type TrunkSettings,
  TrunkTable,
} from "../../../core/trunk/trunk_table.ts";

const LISTENER = "udp:127.0.0.1:5060";

function trunk(
  name: string,
  servers: string[],
  match?: string[],
): TrunkSettings {
  const rules = match?.map((text) => parseMatchRule(text)!);
  return {
    name,
    servers: servers.map((text) => parseSipUri(text)!),
    ...(rules === undefined ? {} : { match: rules }),
  };
}

function matcher(
  ...trunks: TrunkSettings[]
): (host: string, port: number, listener?: string) => string | undefined {
  const table = new TrunkTable(trunks);
  return (host, port, listener = LISTENER) =>
    table.match({ host, port }, listener)?.name;
}

Deno.test("a match rule is an address, a network or a listener", () => {
  assertEquals(parseMatchRule("192.0.2.1"), {
    kind: "address",
    host: "192.0.2.1",
    port: undefined,
  });
  assertEquals(parseMatchRule("192.0.2.1:5070")?.kind, "address");
  assertEquals(parseMatchRule("[2001:db8::1]:5060")?.kind, "address");
  assertEquals(parseMatchRule("2001:db8::1")?.kind, "address");
  assertEquals(parseMatchRule("203.0.113.0/24")?.kind, "network");
  assertEquals(parseMatchRule("2001:db8::/32")?.kind, "network");
  assertEquals(parseMatchRule("listener:udp:127.0.0.1:5062"), {
    kind: "listener",
    listener: "udp:127.0.0.1:5062",
  });
});

Deno.test("what is no match rule is told from one", () => {
  for (
    const text of [
      "",
      "carrier",
      "256.1.1.1",
      "192.0.2.1:0",
      "192.0.2.1:70000",
      "192.0.2.0/33",
      "2001:db8::/129",
      "1:2:3",
      "1::2::3",
      "listener:5060",
    ]
  ) assertEquals(parseMatchRule(text), undefined, text);
});

Deno.test("the most exact rule wins, whatever the order of the trunks", () => {
  const match = matcher(
    trunk("net", [], ["192.0.2.0/24"]),
    trunk("narrow", [], ["192.0.2.0/28"]),
    trunk("address", [], ["192.0.2.1"]),
    trunk("port", [], ["192.0.2.1:5070"]),
    trunk("listener", [], ["listener:udp:127.0.0.1:5062"]),
  );
  assertEquals(match("192.0.2.1", 5070), "port");
  assertEquals(match("192.0.2.1", 5070, "udp:127.0.0.1:5062"), "port");
  assertEquals(match("192.0.2.1", 1, "udp:127.0.0.1:5062"), "listener");
  assertEquals(match("192.0.2.1", 1), "address");
  assertEquals(match("192.0.2.2", 1), "narrow");
  assertEquals(match("192.0.2.200", 1), "net");
  assertEquals(match("198.51.100.1", 1), undefined);
});

Deno.test("without rules a trunk is known by its servers", () => {
  const match = matcher(
    trunk("carrier", ["sip:127.0.0.1:5070", "sip:192.0.2.9"]),
    trunk("pbx", ["sip:127.0.0.1:5080"]),
  );
  assertEquals(match("127.0.0.1", 5070), "carrier");
  assertEquals(match("127.0.0.1", 5080), "pbx");
  // The address alone says nothing where two trunks share it.
  assertEquals(match("127.0.0.1", 40_000), undefined);
  // No port in the URI, no port asked for.
  assertEquals(match("192.0.2.9", 40_000), "carrier");
});

Deno.test("a stream's port is the peer's own affair, a datagram's is not", () => {
  const match = matcher(trunk("pbx", ["sip:127.0.0.1:5080"]));
  assertEquals(match("127.0.0.1", 40_000), undefined);
  assertEquals(match("127.0.0.1", 40_000, "tcp:127.0.0.1:5060"), "pbx");
  const shared = matcher(
    trunk("pbx", ["sip:127.0.0.1:5080"]),
    trunk("carrier", ["sip:127.0.0.1:5070"]),
  );
  assertEquals(shared("127.0.0.1", 40_000, "tcp:127.0.0.1:5060"), undefined);
});

Deno.test("IPv6 addresses are compared by value", () => {
  const match = matcher(
    trunk("six", [], ["[2001:db8::1]:5060", "2001:db8:1::/48"]),
  );
  assertEquals(match("2001:0db8:0:0:0:0:0:1", 5060), "six");
  assertEquals(match("2001:db8:1:2::3", 9), "six");
  assertEquals(match("2001:db8:2::3", 9), undefined);
});

import { assertEquals } from "@std/assert";
import type { Flow } from "../../../core/transport/flow.ts";
import { KeepAliveLog } from "../../../core/trunk/keep_alive_log.ts";

function flowFrom(host: string, port = 5060): Flow {
  return {
    transport: "UDP",
    reliable: false,
    local: { host: "192.0.2.1", port: 5060 },
    remote: { host, port },
    listener: "udp:192.0.2.1:5060",
    sentBy: "192.0.2.1:5060",
    open: true,
  };
}

Deno.test("keep-alives are kept by peer and kind, with count, last time and pace", () => {
  let nowMs = 1000;
  let asked = 0;
  const log = new KeepAliveLog({
    clock: { now: () => nowMs },
    most: 10,
    trunkOf: ({ remote }) => {
      asked++;
      return remote.host === "192.0.2.2" ? "pbx" : undefined;
    },
  });
  const pbx = flowFrom("192.0.2.2");
  assertEquals(log.note("crlf", pbx).seen, {
    count: 1,
    lastMs: 1000,
    intervalMs: undefined,
  });
  nowMs += 30_000;
  assertEquals(log.note("crlf", pbx).seen, {
    count: 2,
    lastMs: 31_000,
    intervalMs: 30_000,
  });
  log.note("options", pbx);
  log.note("nul", flowFrom("2001:db8::1"));
  assertEquals(
    log.peers.map(({ address, trunk, kinds }) => [
      address,
      trunk,
      [...kinds.keys()],
    ]),
    [
      ["udp:192.0.2.2:5060", "pbx", ["crlf", "options"]],
      ["udp:[2001:db8::1]:5060", undefined, ["nul"]],
    ],
  );
  assertEquals(asked, 2);
});

Deno.test("the peer heard of longest ago is forgotten first", () => {
  const log = new KeepAliveLog({
    clock: { now: () => 0 },
    most: 2,
    trunkOf: () => undefined,
  });
  const [a, b, c] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map((host) =>
    flowFrom(host)
  );
  log.note("crlf", a!);
  log.note("crlf", b!);
  log.note("crlf", a!);
  log.note("crlf", c!);
  assertEquals(log.peers.map(({ address }) => address), [
    "udp:192.0.2.1:5060",
    "udp:192.0.2.3:5060",
  ]);
  assertEquals(log.note("crlf", a!).seen.count, 3);
  assertEquals(log.note("crlf", b!).seen.count, 1);
});

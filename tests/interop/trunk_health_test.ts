/** Carriers that die in turn and come back: SIPp answers OPTIONS and takes calls, until it is ended. */

import { assertEquals } from "@std/assert";
import { type Legwork, legwork } from "./support/legwork.ts";
import { peerTest } from "./support/peer.ts";
import { pause } from "./support/ports.ts";
import { proxy } from "./support/kamailio.ts";
import { call, type Callee, callee } from "./support/sipp.ts";

/** A carrier, at a port that it had before perhaps; it takes any number of calls. */
function carrier(port?: number): Promise<Callee> {
  return callee({
    scenario: "callee_alive",
    calls: 10_000,
    ...(port === undefined ? {} : { port }),
  });
}

/** Waits until the log has that line once more than `before`. */
async function says(
  server: Legwork,
  wanted: RegExp,
  before = 0,
): Promise<void> {
  const all = new RegExp(wanted, "g");
  for (let tries = 0; tries < 600; tries++) {
    if ([...server.log().matchAll(all)].length > before) return;
    server.assertUp();
    await pause(25);
  }
  throw new Error(`no ${wanted} within 15 s in:\n${server.log()}`);
}

for (const method of ["options", "notify"]) {
  peerTest(`SIPp: servers die in turn and come back (${method})`, [
    "sipp",
  ], async () => {
    let first = await carrier();
    await using second = await carrier();
    const [one, two] = [first.port, second.port];
    const up = (port: number) =>
      new RegExp(`server is up trunk=pbx address=udp:127.0.0.1:${port}`);
    const down = (port: number) =>
      new RegExp(`server is down trunk=pbx address=udp:127.0.0.1:${port}`);
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${one}`, `sip:127.0.0.1:${two}`],
      pbx: `keepalive: {method: ${method}, interval: 1, failures: 2}`,
    });
    try {
      await says(server, up(one));
      await says(server, up(two));
      await call(server.port, { scenario: "caller_basic", calls: 2 });
      // The first one dies: calls go to the second, at once. A try at the first would take 32 s, and the caller waits 12.
      await first[Symbol.asyncDispose]();
      await says(server, down(one));
      await call(server.port, { scenario: "caller_basic", calls: 2 });
      // It comes back, and the second one dies.
      first = await carrier(one);
      await says(server, up(one), 1);
      await second[Symbol.asyncDispose]();
      await says(server, down(two));
      await call(server.port, { scenario: "caller_basic", calls: 2 });
      // Both are dead: the caller hears 503 at once.
      await first[Symbol.asyncDispose]();
      await says(server, /A trunk is down: no server is left trunk=pbx/);
      await call(server.port, { scenario: "caller_unavailable", calls: 2 });
    } finally {
      await first[Symbol.asyncDispose]();
    }
  });
}

peerTest("SIPp: a carrier that does not answer OPTIONS, and one that does", [
  "sipp",
], async () => {
  // SIPp's basic callee takes INVITE alone; what else comes it drops.
  await using deaf = await callee({ scenario: "callee_basic", calls: 10_000 });
  await using alive = await carrier();
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${deaf.port}`, `sip:127.0.0.1:${alive.port}`],
    pbx: "keepalive: {interval: 1, failures: 2}",
  });
  await says(
    server,
    new RegExp(`down trunk=pbx address=udp:127.0.0.1:${deaf.port}`),
  );
  await call(server.port, { scenario: "caller_basic", calls: 3 });
  assertEquals(server.log().includes("A trunk is down"), false);
});

peerTest("Kamailio: 503 with Retry-After is heeded, and over when it is over", [
  "kamailio",
], async () => {
  await using kamailio = await proxy({
    routes: `
      request_route {
        if (is_method("OPTIONS")) {
          $shv(asked) = $shv(asked) + 1;
          if ($shv(asked) == 2) {
            append_to_reply("Retry-After: 2\r\n");
            sl_send_reply("503", "Maintenance");
          } else sl_send_reply("200", "OK");
        }
        exit;
      }`,
    parameters: [`modparam("pv", "shvset", "asked=i:0")`],
  });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${kamailio.port}`],
    pbx: "keepalive: {interval: 1, failures: 3}",
  });
  const up = /A trunk's server is up trunk=pbx/;
  await says(server, up);
  await says(server, /down trunk=pbx \S+ status=503/);
  await says(server, /asked to be left alone trunk=pbx \S+ seconds=2/);
  await says(server, up, 1);
});

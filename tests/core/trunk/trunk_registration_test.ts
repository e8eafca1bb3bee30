import { assertEquals } from "@std/assert";
import type { Target } from "../../../core/transport/address.ts";
import { RegistrationBed, uri } from "./registration_bed.ts";

const TWO = [uri("sip:192.0.2.11"), uri("sip:192.0.2.12")];
const THREE = [...TWO, uri("sip:192.0.2.13")];

/** The servers of a bed's trunk in the order that calls try them. */
function order(bed: RegistrationBed, servers = TWO): string[] {
  return bed.registrations.serversOf({ name: "carrier", servers })
    .map(({ host }) => host.slice(-2));
}

Deno.test("servers: one that fails is followed by the next at once, and by itself when it is back", () => {
  const bed = new RegistrationBed({ registrars: TWO });
  bed.start();
  bed.answer(503);
  bed.answer(200);
  assertEquals(bed.takeWays(), ["11 1", "12 1"]);
  assertEquals(bed.state.server, "sip:192.0.2.12");
  assertEquals(order(bed), ["12", "11"]);

  // The preferred one is asked again after `failback`, while the other serves.
  assertEquals(bed.untilNext(), 300);
  assertEquals(bed.takeWays(), ["11 2"]);
  assertEquals(bed.state.state, "registered");
  bed.answer(200);
  assertEquals(bed.state.server, "sip:192.0.2.11");
  assertEquals(order(bed), ["11", "12"]);
  assertEquals(bed.counted("registration_failbacks"), 1);

  // The other one is let run out: nothing more goes there.
  for (let refresh = 0; refresh < 5; refresh++) {
    bed.untilNext();
    bed.answer(200);
  }
  assertEquals(bed.takeWays().every((way) => way.startsWith("11")), true);
  bed.assertNothingLeft();
});

Deno.test("servers: the preferred one not back yet costs the serving one nothing", () => {
  const bed = new RegistrationBed({ registrars: TWO });
  bed.start();
  bed.answer(500);
  bed.answer(200);
  for (let round = 0; round < 4; round++) {
    bed.untilNext();
    while (bed.transport.last.flow.remote.host.endsWith("12")) {
      bed.answer(200);
      bed.untilNext();
    }
    bed.answer(500);
    assertEquals(bed.state.state, "registered");
    assertEquals(bed.state.server, "sip:192.0.2.12");
  }
  bed.assertNothingLeft();
});

Deno.test("servers: failback 0 waits until the serving one fails", () => {
  const bed = new RegistrationBed({ registrars: TWO, failbackSeconds: 0 });
  bed.start();
  bed.answer(500);
  bed.answer(200);
  bed.takeWays();
  for (let refresh = 0; refresh < 5; refresh++) {
    bed.untilNext();
    bed.answer(200);
  }
  assertEquals(bed.takeWays().every((way) => way.startsWith("12")), true);
  bed.untilNext();
  bed.answer(500);
  assertEquals(bed.takeWays().at(-1)?.slice(0, 2), "11");
  bed.answer(200);
  assertEquals(bed.state.server, "sip:192.0.2.11");
  bed.assertNothingLeft();
});

Deno.test("servers: a refresh in vain turns to the other one, calls stay until that has us", () => {
  const bed = new RegistrationBed({ registrars: TWO });
  bed.start();
  bed.answer(200);
  bed.untilNext();
  bed.seconds(32);
  assertEquals(bed.takeWays(), ["11 1", "11 2", "12 1"]);
  assertEquals(order(bed), ["11", "12"]);
  bed.answer(200);
  assertEquals(order(bed), ["12", "11"]);
  assertEquals(bed.counted("registration_failovers"), 1);
  bed.assertNothingLeft();
});

Deno.test("servers: one that asked to be left alone is, though another stands in for it", () => {
  const bed = new RegistrationBed({ registrars: TWO });
  bed.start();
  bed.answer(200);
  bed.untilNext();
  bed.answer(503, ["Retry-After: 7200"]);
  bed.answer(200);
  assertEquals(bed.state.server, "sip:192.0.2.12");
  bed.takeWays();
  const sinceMs = bed.wheel.now();
  while (bed.wheel.now() - sinceMs < 7_100_000) {
    bed.untilNext();
    bed.answer(200);
  }
  assertEquals(bed.takeWays().every((way) => way.startsWith("12")), true);
  while (bed.state.server !== "sip:192.0.2.11") {
    assertEquals(bed.wheel.now() - sinceMs < 7_600_000, true);
    bed.untilNext();
    bed.answer(200);
  }
  bed.assertNothingLeft();
});

Deno.test("servers: dying in turn, one always has us", () => {
  const bed = new RegistrationBed({ registrars: THREE });
  bed.start();
  for (let round = 0; round < 12; round++) {
    bed.answer(200);
    assertEquals(bed.state.state, "registered");
    const dead = bed.state.server;
    bed.untilNext();
    // Whoever has us, or is tried for being better, is dead; the next one lives.
    for (let tried = 0; tried < 3; tried++) {
      if (`sip:${bed.transport.last.flow.remote.host}` !== dead) break;
      bed.answer(500);
    }
  }
  assertEquals(bed.counted("registration_expired"), 0);
  bed.assertNothingLeft();
});

Deno.test("servers: all dead, each is asked ever more rarely, and none is hammered", () => {
  const bed = new RegistrationBed({ registrars: THREE });
  bed.start();
  const before = bed.transport.sent.length;
  const endMs = bed.wheel.now() + 24 * 3_600_000;
  const asked = new Set([bed.last.cseq]);
  bed.answer(500);
  while (bed.wheel.now() < endMs) {
    bed.seconds(1);
    if (!asked.has(bed.last.cseq) && bed.registrations.busy) {
      asked.add(bed.last.cseq);
      bed.answer(500);
    }
  }
  // RFC 5626 §4.5: 30 to 1800 seconds, so some 70 for each server in a day.
  const sent = bed.transport.sent.length - before;
  assertEquals(sent > 100 && sent < 350, true, String(sent));
  // One line for each of them.
  assertEquals(bed.observer.lines.length, 3);
  bed.assertNothingLeft();
});

Deno.test("servers: calls skip a trunk that is registered nowhere, where that is required", () => {
  for (const required of [true, false]) {
    const bed = new RegistrationBed({ required });
    const servers = [uri("sip:192.0.2.11")];
    bed.start();
    assertEquals(order(bed, servers), required ? [] : ["11"]);
    bed.answer(200);
    assertEquals(order(bed, servers), ["11"]);
    bed.assertNothingLeft();
  }
});

Deno.test("dual: two at once, a third stands in for either, each by its reg-id", () => {
  const bed = new RegistrationBed({
    registrars: THREE,
    dual: true,
    outbound: "rfc5626",
  });
  bed.start();
  const asked = bed.transport.sent.map(({ message }) => message)
    .filter((message) => message.kind === "request");
  const contacts = asked.map(({ headers }) => headers.get("Contact") ?? "");
  assertEquals(
    contacts.every((value) =>
      value.includes('+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-')
    ),
    true,
  );
  assertEquals(contacts.map((value) => /reg-id=\d/.exec(value)?.[0]), [
    "reg-id=1",
    "reg-id=2",
  ]);
  bed.answerTo(asked[0]!, 200);
  bed.answerTo(asked[1]!, 200);
  const states = bed.registrations.statesOf("carrier");
  assertEquals(states.map(({ server }) => server), [
    "sip:192.0.2.11",
    "sip:192.0.2.12",
  ]);
  bed.takeWays();
  // The first that is refreshed fails: the third takes its place, under the same number.
  bed.untilNext();
  const failed = bed.transport.last.flow.remote.host === "192.0.2.11" ? 1 : 2;
  bed.answer(403);
  assertEquals(bed.transport.last.flow.remote.host, "192.0.2.13");
  assertEquals(
    /reg-id=\d/.exec(bed.last.headers.get("Contact") ?? "")?.[0],
    `reg-id=${failed}`,
  );
  bed.answer(200);
  assertEquals(order(bed, THREE).length, 3);
  bed.assertNothingLeft();
});

Deno.test("a name's SRV targets are tried in turn, and the one that answered is asked first from then on", () => {
  const targets: Target[] = ["21", "22"].map((end) => ({
    transport: "UDP",
    host: `192.0.2.${end}`,
    port: 5060,
  }));
  const bed = new RegistrationBed({ registrars: [uri("sip:carrier.example")] });
  bed.names.set("carrier.example", targets);
  bed.start();
  // RFC 3263 §4.3: a 503 is a failure, and the next target is tried.
  bed.answer(503);
  bed.answer(200);
  assertEquals(bed.takeWays(), ["21 1", "22 1"]);
  bed.untilNext();
  assertEquals(bed.takeWays(), ["22 2"]);
  bed.answer(503);
  assertEquals(bed.takeWays(), ["21 2"]);
  bed.answer(200);
  assertEquals(bed.state.state, "registered");
  bed.assertNothingLeft();
});

Deno.test("flows: kept while registered, replaced at once when they have served, with a wait when they have not", () => {
  const bed = new RegistrationBed({
    registrars: [uri("sip:192.0.2.11;transport=tcp")],
    outbound: "rfc5626",
  });
  const register = bed.start();
  assertEquals(register.headers.get("Supported"), "path, outbound");
  bed.answer(200, ["Require: outbound", "Flow-Timer: 100"]);
  for (let wait = 0; bed.flows.pings.length === 0; wait++) {
    assertEquals(wait < 101, true);
    bed.seconds(1);
  }
  bed.flows.watchers.ponged(bed.flowTo("192.0.2.11", "TCP"));

  // RFC 5626 §4.5: a flow that served is replaced without a wait.
  bed.takeWays();
  cut(bed);
  assertEquals(bed.state.state, "registering");
  assertEquals(bed.takeWays(), ["11 2"]);
  bed.answer(200, ["Require: outbound"]);
  assertEquals(bed.state.state, "registered");

  // One that breaks as soon as it is registered is not.
  bed.seconds(5);
  cut(bed);
  assertEquals(bed.state.state, "waiting");
  const wait = bed.untilNext();
  assertEquals(wait >= 30 && wait <= 61, true);
  bed.answer(200);
  assertEquals(bed.counted("registration_flows_lost"), 2);
  bed.assertNothingLeft();
});

Deno.test("flows: a server without outbound is not asked by STUN, one with it is", () => {
  for (const outbound of [false, true]) {
    const bed = new RegistrationBed({ outbound: "rfc5626" });
    bed.start();
    bed.answer(200, outbound ? ["Require: outbound"] : []);
    bed.seconds(60);
    assertEquals(bed.flows.bindings.length > 0, outbound);
    assertEquals(bed.flows.pings.length > 0, !outbound);
    bed.assertNothingLeft();
  }
});

Deno.test("flows: 439 registers without one", () => {
  const bed = new RegistrationBed({ outbound: "rfc5626" });
  bed.start();
  bed.answer(439);
  assertEquals(/reg-id/.test(bed.last.headers.get("Contact") ?? ""), false);
  bed.answer(200);
  assertEquals(bed.state.state, "registered");
  bed.assertNothingLeft();
});

Deno.test("flows: STUN without RFC 5626, where the operator says so, finds the address to register", () => {
  const bed = new RegistrationBed({ flow: { kind: "stun" } });
  const register = bed.start();
  assertEquals(register.headers.get("Supported"), "path");
  bed.answer(200);
  bed.flows.stunUser?.onMappedAddress({ host: "192.0.2.1", port: 5060 });
  assertEquals(bed.registrations.busy, false);
  bed.seconds(30);
  bed.flows.stunUser?.onMappedAddress({ host: "198.51.100.7", port: 9 });
  assertEquals(bed.last.contact?.uri.slice(0, 23), "sip:me@198.51.100.7:9;l");
  bed.answer(200);
  assertEquals(bed.state.state, "registered");
  bed.assertNothingLeft();
});

Deno.test("flows: an address that STUN shows is registered at once, the one before removed", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(200);
  const flow = bed.flowTo("192.0.2.11");
  bed.registrations.seenAt({ host: "192.0.2.1", port: 5060 }, flow);
  assertEquals(bed.registrations.busy, false);
  bed.registrations.seenAt({ host: "198.51.100.7", port: 9 }, flow);
  assertEquals(
    bed.last.headers.get("Contact"),
    "<sip:me@198.51.100.7:9;line=0123456789abcdef>, " +
      "<sip:me@192.0.2.1:5060;line=0123456789abcdef>;expires=0",
  );
  // Meanwhile it changes again: that waits for the answer.
  bed.registrations.seenAt({ host: "198.51.100.7", port: 10 }, flow);
  bed.answer(200);
  assertEquals(
    bed.last.headers.get("Contact")?.slice(0, 26),
    "<sip:me@198.51.100.7:10;li",
  );
  bed.answer(200);
  assertEquals(bed.registrations.busy, false);
  bed.assertNothingLeft();
});

/** The connection to the first server is closed. */
function cut(bed: RegistrationBed): void {
  const flow = bed.flowTo("192.0.2.11", "TCP");
  flow.open = false;
  bed.flows.watchers.closed(flow, "closed by the peer");
}

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { parseMessage } from "../../../core/message/parse.ts";
import { SipRequest } from "../../../core/message/message.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { instanceId, lineToken } from "../../../core/trunk/instance_id.ts";
import {
  refreshDelayMs,
  retryDelayMs,
} from "../../../core/trunk/registration_backoff.ts";
import { DEFAULT_RETRY_TIMES } from "../../../core/trunk/registration_settings.ts";
import { Registrations } from "../../../core/trunk/registrations.ts";
import { FakeFlow } from "../transaction/bed.ts";
import { RegistrationBed, uri, USUAL } from "./registration_bed.ts";

const SERVER = uri("sip:192.0.2.11");

Deno.test("calls go where REGISTER was answered, by the service route where there is one", () => {
  const bed = new RegistrationBed();
  bed.start();
  assertEquals(bed.registrations.wayTo("carrier", SERVER), undefined);
  bed.answer(200);
  const plain = bed.registrations.wayTo("carrier", SERVER.with({ user: "1" }));
  assertEquals(plain?.first?.host, "192.0.2.11");
  assertEquals(plain?.routes, []);
  assertEquals(bed.registrations.wayTo("other", SERVER), undefined);

  // RFC 3608 §6.1: "the stored value of the Service-Route is updated according to the Service-Route header field of the
  // latest 200 class response."
  bed.untilNext();
  bed.answer(200, [
    "Service-Route: <sip:edge.example;lr>, <sip:home.example;lr>",
  ]);
  const routed = bed.registrations.wayTo("carrier", SERVER);
  assertEquals(routed?.uri.toString(), "sip:edge.example;lr");
  assertEquals(routed?.first, undefined);
  assertEquals(routed?.routes, [
    "<sip:edge.example;lr>",
    "<sip:home.example;lr>",
  ]);
  // "If there is no Service-Route header field in the response, the UA clears any service route".
  bed.untilNext();
  bed.answer(200);
  assertEquals(bed.registrations.wayTo("carrier", SERVER)?.routes, []);
  // One without lr would have us rewrite the Request-URI.
  bed.untilNext();
  bed.answer(200, ["Service-Route: <sip:edge.example>"]);
  assertEquals(bed.registrations.wayTo("carrier", SERVER)?.routes, []);
  bed.assertNothingLeft();
});

Deno.test("a registered flow is the way of calls, and our Contact on it says ob", () => {
  const bed = new RegistrationBed({ outbound: "rfc5626" });
  bed.start();
  bed.answer(200, [
    "Require: outbound",
    "Service-Route: <sip:home.example;lr>",
  ]);
  const way = bed.registrations.wayTo("carrier", SERVER);
  // RFC 5626 §4.3: on the flow, whatever the route says.
  assertEquals(way?.first?.host, "192.0.2.11");
  assertEquals(bed.registrations.isOutbound(bed.flowTo("192.0.2.11")), true);
  assertEquals(bed.registrations.isOutbound(new FakeFlow("UDP")), false);
  bed.assertNothingLeft();
});

Deno.test("a call is the trunk's by its line from anywhere, by its user from where that is registered", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(200);
  const { registrations } = bed;
  const stranger = new FakeFlow("UDP", { host: "203.0.113.9", port: 5060 });
  const carrier = new FakeFlow("UDP", { host: "192.0.2.11", port: 5060 });
  const rows: readonly [string, FakeFlow, string | undefined][] = [
    ["sip:me@192.0.2.1;line=0123456789abcdef", stranger, "carrier"],
    ["sip:x@192.0.2.1;LINE=0123456789abcdef", stranger, "carrier"],
    ["sip:me@192.0.2.1;line=0123456789abcdee", stranger, undefined],
    ["sip:me@192.0.2.1", stranger, undefined],
    ["sip:me@192.0.2.1", carrier, "carrier"],
    ["sip:you@192.0.2.1", carrier, undefined],
    ["tel:+4930", carrier, undefined],
  ];
  for (const [to, flow, trunk] of rows) {
    const request = new SipRequest("INVITE", to);
    assertEquals(registrations.trunkOf(request, flow), trunk, to);
  }
  assertEquals(registrations.loneTrunkAt(carrier), "carrier");
  assertEquals(registrations.loneTrunkAt(stranger), undefined);
  bed.assertNothingLeft();
  assertEquals(registrations.loneTrunkAt(carrier), undefined);
});

Deno.test("two accounts at one server are told apart by their users", () => {
  const bed = new RegistrationBed();
  const both = ["me", "you"].map((name) => ({
    name,
    servers: [SERVER],
    register: {
      ...USUAL,
      aor: uri(`sip:${name}@carrier.example`),
      contactUser: name,
      line: undefined,
    },
  }));
  const registrations = new Registrations(both, bed.ground);
  registrations.start();
  for (const ms of [0, 20]) {
    bed.run(ms);
    bed.answer(200);
  }
  const carrier = new FakeFlow("UDP", { host: "192.0.2.11", port: 5060 });
  for (const name of ["me", "you"]) {
    const request = new SipRequest("INVITE", `sip:${name}@192.0.2.1`);
    assertEquals(registrations.trunkOf(request, carrier), name);
  }
  assertEquals(registrations.loneTrunkAt(carrier), undefined);
  registrations.stop({ unregister: false });
  bed.assertNothingLeft();
});

Deno.test("what is kept of an answer is read defensively", () => {
  const bed = new RegistrationBed();
  bed.start();
  const junk = [
    ...Array.from(
      { length: 90 },
      (_, at) => `Contact: <sip:x${at}@h>;expires=1`,
    ),
    "Contact: *",
    "Contact: <<>>",
    'Service-Route: "',
    "Flow-Timer: -1",
    "Via: ;received=not.an.address;rport=99999",
  ];
  bed.answer(200, junk);
  assertEquals(bed.state.state, "registered");
  assertEquals(bed.state.expiresInSeconds, 600);
  assertEquals(bed.takeWays(), ["11 1"]);
  bed.assertNothingLeft();
});

Deno.test("a REGISTER is a message that others can read", () => {
  const bed = new RegistrationBed({ outbound: "rfc5626" });
  bed.start();
  const parsed = parseMessage(toBytes(text(bed)));
  assertEquals(parsed.ok, true);
  bed.assertNothingLeft();
});

Deno.test("the instance is a UUID of the same parts, another of others", () => {
  const one = instanceId(["carrier", "sip:me@carrier.example"]);
  assertMatch(
    one,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assertEquals(instanceId(["carrier", "sip:me@carrier.example"]), one);
  assertNotEquals(instanceId(["carrier", "sip:you@carrier.example"]), one);
});

Deno.test("the line depends on the secret and says nothing of it", () => {
  const line = lineToken("secret", ["carrier"]);
  assertMatch(line, /^[0-9a-f]{20}$/);
  assertEquals(lineToken("secret", ["carrier"]), line);
  assertNotEquals(lineToken("secres", ["carrier"]), line);
  assertNotEquals(lineToken("secret", ["carrie2"]), line);
});

Deno.test("waits follow RFC 5626 section 4.5", () => {
  const random = seededRandom(3);
  const rows: readonly [number, boolean, number, number][] = [
    [1, false, 30, 60],
    [2, false, 60, 120],
    [3, false, 120, 240],
    [6, false, 900, 1800],
    [60, false, 900, 1800],
    [1, true, 90, 180],
    [2, true, 180, 360],
  ];
  for (const [failures, othersStand, least, most] of rows) {
    for (let draw = 0; draw < 50; draw++) {
      const ms = retryDelayMs({
        failures,
        othersStand,
        refused: false,
        retryAfterSeconds: undefined,
      }, { times: DEFAULT_RETRY_TIMES, random });
      assertEquals(ms >= least * 1000 && ms <= most * 1000, true);
    }
  }
});

Deno.test("a refresh leaves time for two tries, and is spread", () => {
  const random = seededRandom(3);
  const rows: readonly [number, number, number][] = [
    [60, 27, 30],
    [300, 135, 150],
    [600, 405, 450],
    [3600, 2916, 3240],
    [86_400, 69_984, 77_760],
  ];
  for (const [expires, least, most] of rows) {
    const draws = Array.from(
      { length: 50 },
      () => refreshDelayMs(expires, random) / 1000,
    );
    assertEquals(draws.every((one) => one >= least && one <= most), true);
    assertEquals(new Set(draws).size > 10, true);
  }
});

function text(bed: RegistrationBed): string {
  const { bytes } = bed.transport.last;
  return new TextDecoder().decode(bytes);
}

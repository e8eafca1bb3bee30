import { assertEquals, assertExists } from "@std/assert";
import { responseTo } from "../../../core/message/build.ts";
import { Headers } from "../../../core/message/headers.ts";
import type { SipResponse } from "../../../core/message/message.ts";
import { ownRequest } from "../transaction/bed.ts";
import { HealthBed, trunk, udp, uri } from "./health_bed.ts";

const A = "192.0.2.11";
const B = "192.0.2.12";

function response(status: number, retryAfter?: string): SipResponse {
  const headers = new Headers();
  if (retryAfter !== undefined) headers.append("Retry-After", retryAfter);
  return responseTo(ownRequest("INVITE"), status, { headers });
}

Deno.test("health: every address gets OPTIONS, and is up with its answer", async () => {
  const bed = new HealthBed([trunk([A, B], {})]);
  bed.answers.set(A, { status: 200 });
  bed.answers.set(B, { status: 404 });
  assertEquals(bed.conditions(), ["probing"]);
  bed.health.start();
  await bed.pass(1);
  assertEquals(bed.takeSent().sort(), [`${A} OPTIONS`, `${B} OPTIONS`]);
  // 404 is an answer: somebody is there.
  assertEquals(bed.conditions(), ["up", "up", "up"]);
  const [state] = bed.health.states([{ from: "carrier", to: "pbx" }]);
  assertEquals(state?.calls, 1);
  assertEquals(state?.servers[1]?.addresses[0]?.lastStatus, 404);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: a keep-alive goes out once, and one lost reply changes nothing", async () => {
  const bed = new HealthBed([trunk([A], { failures: 2 })]);
  bed.answers.set(A, { status: 200 });
  bed.health.start();
  await bed.pass(10);
  bed.answers.clear();
  await bed.pass(35);
  assertEquals(bed.takeSent(), [`${A} OPTIONS`, `${A} OPTIONS`]);
  assertEquals(bed.conditions(), ["probing", "probing"]);
  assertEquals(bed.health.of("carrier")?.usable([udp(A)]), [udp(A)]);
  bed.answers.set(A, { status: 200 });
  await bed.pass(35);
  assertEquals(bed.conditions(), ["up", "up"]);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: failures in a row take a server down, an answer brings it back", async () => {
  const bed = new HealthBed([trunk([A, B], { failures: 3 })]);
  bed.answers.set(A, { status: 200 });
  bed.answers.set(B, { status: 200 });
  bed.health.start();
  await bed.pass(60);
  bed.answers.delete(A);
  await bed.pass(100);
  assertEquals(bed.conditions(), ["up", "down", "up"]);
  const health = bed.health.of("carrier");
  assertEquals(health?.usable([udp(A), udp(B)]), [udp(B)]);
  assertEquals(health?.usable([udp(A)]), []);
  assertEquals(
    bed.log.filter(({ level }) => level === "warn").map(({ text, fields }) =>
      `${text} ${fields?.["address"]} ${fields?.["failure"]}`
    ),
    [`A trunk's server is down udp:${A}:5060 timeout`],
  );
  bed.answers.set(A, { status: 200 });
  await bed.pass(35);
  assertEquals(bed.conditions(), ["up", "up", "up"]);
  assertEquals(health?.usable([udp(A), udp(B)]), [udp(A), udp(B)]);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: what is down is asked at a pace of its own", async () => {
  const bed = new HealthBed([
    trunk([A], { failures: 1, downIntervalSeconds: 5 }),
  ]);
  bed.health.start();
  await bed.pass(10);
  assertEquals(bed.conditions(), ["down", "down"]);
  bed.takeSent();
  await bed.pass(60);
  const inAMinute = bed.takeSent().length;
  assertEquals(inAMinute >= 11 && inAMinute <= 13, true, `${inAMinute} sent`);
  bed.answers.set(A, { status: 200 });
  await bed.pass(6);
  assertEquals(bed.conditions(), ["up", "up"]);
  bed.takeSent();
  await bed.pass(61);
  const upAgain = bed.takeSent().length;
  assertEquals(upAgain >= 1 && upAgain <= 3, true, `${upAgain} sent`);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: 503 is the server's own word, and its Retry-After is kept", async () => {
  const bed = new HealthBed([trunk([A, B], {})]);
  bed.answers.set(A, { status: 503, retryAfter: "120" });
  bed.answers.set(B, { status: 503 });
  bed.health.start();
  await bed.pass(1);
  assertEquals(bed.conditions(), ["down", "down", "down"]);
  bed.takeSent();
  // §21.5.4: "SHOULD NOT forward any other requests to that server for the duration specified in the Retry-After header
  // field, if present."
  bed.answers.set(A, { status: 200 });
  await bed.pass(115);
  assertEquals(new Set(bed.takeSent()), new Set([`${B} OPTIONS`]));
  await bed.pass(40);
  assertEquals(bed.conditions(), ["up", "up", "down"]);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: answers that say nothing good count as none", async () => {
  const bed = new HealthBed([trunk([A], { failures: 2 })]);
  bed.answers.set(A, { status: 408 });
  bed.health.start();
  await bed.pass(1);
  assertEquals(bed.conditions(), ["probing", "probing"]);
  await bed.pass(50);
  assertEquals(bed.conditions(), ["down", "down"]);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: which answers show a server in service is a setting", async () => {
  const inService = [{ from: 200, to: 299 }, { from: 503, to: 503 }];
  const bed = new HealthBed([trunk([A, B], { failures: 1, inService })]);
  bed.answers.set(A, { status: 503 });
  bed.answers.set(B, { status: 404 });
  bed.health.start();
  await bed.pass(1);
  assertEquals(bed.conditions(), ["up", "up", "down"]);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: when all are down, the trunk is passed over, or tried all the same", async () => {
  for (const whenDown of ["skip", "try"] as const) {
    const bed = new HealthBed([trunk([A, B], { failures: 1, whenDown })]);
    bed.answers.set(B, { status: 200 });
    bed.health.start();
    await bed.pass(10);
    const health = bed.health.of("carrier");
    // One is up: the other is left out whatever the setting.
    assertEquals(health?.usable([udp(A)]), []);
    bed.answers.clear();
    await bed.pass(40);
    assertEquals(bed.conditions()[0], "down");
    const tried = health?.usable([udp(A)]).length;
    assertEquals(tried, whenDown === "try" ? 1 : 0);
    const said = bed.log.filter(({ level }) => level === "error");
    assertEquals(said.map(({ text }) => text), [
      "A trunk is down: no server is left",
    ]);
    bed.health.stop();
    bed.wheel.advance(bed.wheel.now() + 10_000);
    bed.assertNothingLeft();
  }
});

Deno.test("health: a name is resolved now and then; its new addresses are watched, the old ones not", async () => {
  const bed = new HealthBed([trunk(["sip.carrier.example"], {})]);
  bed.names.set("sip.carrier.example", [udp(A)]);
  bed.answers.set(A, { status: 200 });
  bed.answers.set(B, { status: 200 });
  bed.health.start();
  await bed.pass(50);
  assertEquals(new Set(bed.takeSent()), new Set([`${A} OPTIONS`]));
  bed.names.set("sip.carrier.example", [udp(B), udp(B, 5080)]);
  await bed.pass(20);
  assertEquals(bed.conditions(), ["up", "up", "up"]);
  await bed.pass(40);
  assertEquals(new Set(bed.takeSent()).has(`${B} OPTIONS`), true);
  // The name service is out of order: what was known stays.
  bed.names.set("sip.carrier.example", []);
  await bed.pass(200);
  assertEquals(bed.conditions(), ["up", "up", "up"]);
  assertEquals(
    bed.log.filter(({ text }) => text === "A trunk's server has no address")
      .length,
    1,
  );
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: calls tell as well, modestly", async () => {
  const bed = new HealthBed([trunk([A], { failures: 2 })]);
  bed.answers.set(A, { status: 200 });
  bed.health.start();
  await bed.pass(10);
  const health = bed.health.of("carrier");
  assertExists(health);
  // Ten calls that broke with one connection are one miss.
  for (let i = 0; i < 10; i++) health.onFailure(udp(A), "transport");
  assertEquals(bed.conditions(), ["probing", "probing"]);
  // Whatever the answer, somebody is there; but for those that say otherwise.
  health.onAnswer(udp(A), response(504));
  assertEquals(bed.conditions(), ["probing", "probing"]);
  health.onAnswer(udp(A), response(486));
  assertEquals(bed.conditions(), ["up", "up"]);
  health.onAnswer(udp(A), response(503));
  assertEquals(health.usable([udp(A)]).length, 1);
  health.onAnswer(udp(A), response(503, "30 (at lunch)"));
  assertEquals(health.usable([udp(A)]).length, 0);
  await bed.pass(30);
  assertEquals(health.usable([udp(A)]).length, 1);
  bed.health.stop();
  bed.assertNothingLeft();
});

Deno.test("health: Retry-After of a call counts on a trunk that nothing is sent to, ten minutes at most", async () => {
  const bed = new HealthBed([trunk([A, B])]);
  bed.health.start();
  const health = bed.health.of("carrier");
  assertExists(health);
  assertEquals(bed.conditions(), ["unwatched"]);
  health.onAnswer(udp(B), response(503, "86400"));
  health.onFailure(udp(A), "timeout");
  assertEquals(health.usable([udp(A), udp(B)]), [udp(A)]);
  assertEquals(bed.conditions(), ["unwatched", "down"]);
  const [state] = bed.health.states([]);
  const [address] = state!.servers[1]!.addresses;
  assertEquals([address?.address, address?.outForSeconds], [
    `udp:${B}:5060`,
    600,
  ]);
  await bed.pass(600);
  assertEquals(health.usable([udp(A), udp(B)]).length, 2);
  bed.assertNothingLeft();
});

Deno.test("health: keep-alives to a server of choice tell nothing of the trunk's own", async () => {
  const server = uri("sip:192.0.2.99");
  const bed = new HealthBed([trunk([A], { server, port: 5099, failures: 1 })]);
  bed.health.start();
  await bed.pass(40);
  assertEquals(bed.sent.map(({ to }) => `${to.host}:${to.port}`), [
    "192.0.2.99:5099",
    "192.0.2.99:5099",
  ]);
  assertEquals(bed.conditions(), ["unwatched"]);
  assertEquals(bed.health.of("carrier")?.usable([udp(A)]), [udp(A)]);
  bed.health.stop();
  bed.wheel.advance(bed.wheel.now() + 10_000);
  bed.assertNothingLeft();
});

Deno.test("health: there is no way to a server: that is a failure as well", async () => {
  const bed = new HealthBed([trunk([`${A};transport=tcp`], { failures: 1 })]);
  bed.transport.names.length = 1;
  bed.health.start();
  await bed.pass(1);
  assertEquals(bed.conditions(), ["down", "down"]);
  bed.health.stop();
  bed.assertNothingLeft();
});

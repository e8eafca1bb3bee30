import { assert, assertEquals } from "@std/assert";
import { toBytes } from "../../../core/message/bytes.ts";
import { SipRequest } from "../../../core/message/message.ts";
import { decodeStun } from "../../../core/transport/stun.ts";
import type { KeepAliveSettings } from "../../../core/trunk/keep_alive_settings.ts";
import { HealthBed, trunk, uri } from "./health_bed.ts";

const A = "192.0.2.11";

/** What two intervals see sent, nobody answering. */
async function sent(
  settings: Partial<KeepAliveSettings>,
  host = A,
): Promise<(SipRequest | string)[]> {
  const bed = new HealthBed([
    trunk([host], { intervalSeconds: 20, failures: 9, ...settings }),
  ]);
  bed.health.start();
  await bed.pass(50);
  bed.health.stop();
  // Whatever it is, it goes out once: nothing is sent again after the last one.
  const { length } = bed.sent;
  await bed.pass(40);
  assertEquals(bed.sent.length, length);
  bed.assertNothingLeft();
  assertEquals(
    bed.conditions()[0],
    ["options", "notify"].includes(settings.kind ?? "options")
      ? "probing"
      : "unwatched",
  );
  return bed.sent.map(({ what }) => what);
}

function first(all: readonly (SipRequest | string)[]): SipRequest {
  const [one] = all;
  assert(one instanceof SipRequest);
  return one;
}

Deno.test("keep-alive: OPTIONS says what it can take", async () => {
  const options = first(await sent({}));
  // §11.1: "An Accept header field SHOULD be included to indicate the type of message body the UAC wishes to receive in
  // the response."
  assertEquals(options.headers.first("accept")?.value, "application/sdp");
  assertEquals([options.method, options.uri], ["OPTIONS", `sip:${A}`]);
  assertEquals(options.to?.tag, undefined);
  assert(options.contact !== undefined && options.from?.tag !== undefined);
});

Deno.test("keep-alive: NOTIFY of the event keep-alive", async () => {
  const notify = first(await sent({ kind: "notify" }));
  assertEquals(notify.method, "NOTIFY");
  assertEquals(notify.headers.first("event")?.value, "keep-alive");
});

Deno.test("keep-alive: custom has a method, an event and a user of its own", async () => {
  const plain = first(
    await sent({ kind: "custom", custom: { method: "NOTIFY" } }),
  );
  assertEquals(plain.headers.first("event")?.value, "keep-alive");
  const custom = { method: "PING", event: "whatever", user: "anyone" };
  const ping = first(await sent({ kind: "custom", custom }));
  assertEquals(ping.method, "PING");
  assertEquals(ping.headers.first("event")?.value, "whatever");
  assertEquals(ping.uri, `sip:anyone@${A}`);
  assertEquals(String(ping.to), `<sip:anyone@${A}>`);
  const bare = first(
    await sent({ kind: "custom", custom: { method: "PING" } }),
  );
  assertEquals(bare.headers.first("event"), undefined);
});

Deno.test("keep-alive: the bytes of the kinds that are no SIP", async () => {
  assertEquals((await sent({ kind: "crlf" }))[0], "\r\n\r\n");
  assertEquals((await sent({ kind: "empty" }))[0], "\r\n");
  assertEquals((await sent({ kind: "keep-alive" }))[0], "keep-alive\r\n");
});

Deno.test("keep-alive: STUN is a Binding request, another one each time", async () => {
  const all = await sent({ kind: "stun" });
  const messages = all.map((one) => decodeStun(toBytes(String(one))));
  assertEquals(messages.map((one) => one?.kind), [
    "request",
    "request",
    "request",
  ]);
  assertEquals(new Set(all).size, 3);
});

Deno.test("keep-alive: a stream carries line ends, and neither words nor STUN", async () => {
  const server = { server: uri(`sip:${A};transport=tcp`) };
  assertEquals((await sent({ kind: "crlf", ...server }))[0], "\r\n\r\n");
  assertEquals(await sent({ kind: "keep-alive", ...server }), []);
  assertEquals(await sent({ kind: "stun", ...server }), []);
});

Deno.test("keep-alive: what comes to a custom one is ignored", async () => {
  const bed = new HealthBed([
    trunk([A], { kind: "custom", custom: { method: "NOTIFY" }, failures: 1 }),
  ]);
  bed.answers.set(A, { status: 503, retryAfter: "60" });
  bed.health.start();
  await bed.pass(40);
  assertEquals(bed.sent.length, 2);
  assertEquals(bed.conditions(), ["unwatched", "unwatched"]);
  bed.health.stop();
  bed.assertNothingLeft();
});

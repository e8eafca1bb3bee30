import {
  assertEquals,
  assertExists,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { parseConfig } from "../../app/config/config.ts";
import { callSettings } from "../../app/wiring.ts";
import type { TrunkSettings } from "../../core/trunk/trunk_table.ts";

/** The one trunk of a configuration. */
function trunk(block: string, listen = "udp:127.0.0.1:5060"): TrunkSettings {
  const text = `listen: ["${listen}"]\ntrunks: {carrier: {${block}}}`;
  const { config, problems } = parseConfig(text, "a.yaml");
  assertEquals(problems, []);
  assertExists(config);
  const { trunks } = callSettings(config, () => ({ value: "secret" }));
  return trunks[0]!;
}

const AOR = "aor: 'sip:me@carrier.example'";
const AUTH = "auth: {username: me, password_env: P}";

Deno.test("without registrar REGISTER goes to the servers, for the domain of the address-of-record", () => {
  const { servers, register } = trunk(
    `servers: [sip:192.0.2.1, sip:192.0.2.2], register: {${AOR}}`,
  );
  assertEquals(register?.registrars.map(String), servers.map(String));
  assertEquals(String(register?.domain), "sip:carrier.example");
  assertEquals(register?.contactUser, "me");
});

Deno.test("without servers calls go where it registers", () => {
  const { servers, register } = trunk(
    `register: {registrar: sip:carrier.example, ${AOR}}`,
  );
  assertEquals(servers.map(String), ["sip:carrier.example"]);
  assertEquals(register?.domain, undefined);
});

Deno.test("the account is the trunk's, or the block's own", () => {
  const own = "auth: {username: you, password_env: P}";
  const at = `servers: sip:192.0.2.1, ${AUTH}`;
  assertEquals(
    trunk(`${at}, register: {${AOR}}`).register?.account?.username,
    "me",
  );
  assertEquals(
    trunk(`${at}, register: {${AOR}, ${own}}`).register?.account?.username,
    "you",
  );
});

Deno.test("line and instance are the same each time, and differ by place; no password, no line", () => {
  const block = `servers: sip:192.0.2.1, ${AUTH}, register: {${AOR}}`;
  const { line, instance } = trunk(block).register!;
  assertMatch(line ?? "", /^[0-9a-f]{20}$/);
  assertEquals(trunk(block).register?.line, line);
  assertEquals(trunk(block).register?.instance, instance);
  const elsewhere = trunk(block, "udp:127.0.0.2:5060").register;
  assertNotEquals(elsewhere?.line, line);
  assertNotEquals(elsewhere?.instance, instance);
  const bare = `servers: sip:192.0.2.1, register: {${AOR}}`;
  assertEquals(trunk(bare).register?.line, undefined);
  const off =
    `servers: sip:192.0.2.1, ${AUTH}, register: {${AOR}, line: false}`;
  assertEquals(trunk(off).register?.line, undefined);
  const set =
    `servers: sip:192.0.2.1, register: {${AOR}, instance: "urn:x-a:1"}`;
  assertEquals(trunk(set).register?.instance, "urn:x-a:1");
});

Deno.test("what a register block may not say is told at its place", () => {
  const rows: readonly [string, string][] = [
    [
      `match: 127.0.0.1, register: {${AOR}}`,
      "there is nowhere to register, wanted registrar here or servers of the trunk",
    ],
    [
      `servers: sip:192.0.2.1, register: {${AOR}, dual: true}`,
      "dual is true with one server, wanted two in registrar or in servers of the trunk",
    ],
    [
      "servers: sip:192.0.2.1, register: {aor: me}",
      'trunks.carrier.register.aor is "me", wanted a SIP URI with a user such as sip:me@carrier.example',
    ],
  ];
  for (const [block, message] of rows) {
    const text = `listen: [udp:127.0.0.1:5060]\ntrunks: {carrier: {${block}}}`;
    const { problems } = parseConfig(text, "a.yaml");
    assertEquals(problems.map((one) => one.message), [message]);
  }
});

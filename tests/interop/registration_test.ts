/** Registration at carriers: Kamailio with digest and outbound, and SIPp as a registrar of odd habits. */

import { assertStringIncludes } from "@std/assert";
import { proxy, type ProxySetting, withModule } from "./support/kamailio.ts";
import { type Legwork, legwork } from "./support/legwork.ts";
import { peerTest } from "./support/peer.ts";
import { freePorts, pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

const ENV = { CARRIER_PASSWORD: "secret" };
const AUTH = "auth: {username: bob, password_env: CARRIER_PASSWORD}";

/** A registrar that wants digest, and sends calls to whoever is registered. */
const REGISTRAR: ProxySetting = {
  modules: ["usrloc", "registrar", "auth"],
  parameters: [
    `modparam("auth", "nonce_count", 1)`,
    `modparam("auth", "qop", "auth")`,
    `modparam("auth", "algorithm", "SHA-256")`,
    `modparam("registrar", "min_expires", 120)`,
    `modparam("registrar", "max_contacts", 1)`,
  ],
  routes: `
request_route {
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("carrier.example", "secret", "0")) {
      www_challenge("carrier.example", "1");
      exit;
    }
    xlog("L_ERR", "registers $ct for $hdr(Expires)\\n");
    save("location");
    exit;
  }
  if (has_totag()) { loose_route(); t_relay(); exit; }
  if (is_method("CANCEL")) { t_relay(); exit; }
  record_route();
  if (!lookup("location")) { sl_send_reply("404", "Nobody There"); exit; }
  t_relay();
}`,
};

/** Waits until Legwork has logged something. */
async function logged(server: Legwork, text: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (server.log().includes(text)) return;
    server.assertUp();
    await pause(25);
  }
  throw new Error(`${text} was not logged within 10 s:\n${server.log()}`);
}

peerTest(
  "Kamailio: registered with SHA-256, then called at the Contact that was registered",
  [
    "kamailio",
    "sipp",
  ],
  async () => {
    await using called = await callee({ scenario: "callee_basic", calls: 1 });
    await using carrier = await proxy(REGISTRAR);
    {
      await using server = await legwork({
        servers: [`sip:127.0.0.1:${called.port}`],
        // No match but this: a call is the carrier's by the Contact it comes to.
        caller:
          `match: 192.0.2.1, ${AUTH}, register: {registrar: "sip:127.0.0.1:${carrier.port}", aor: sip:bob@carrier.example, expires: 120}`
            .replace("match: 192.0.2.1, ", ""),
        env: ENV,
      });
      await logged(server, "registered");
      assertStringIncludes(server.log(), "expires=120");
      await call(carrier.port, { scenario: "caller_basic", calls: 1 });
      await called.finished();
      assertStringIncludes(server.log(), "cause=BYE");
    }
    // The end took the binding back.
    assertStringIncludes(carrier.said(), "for 0");
  },
);

peerTest(
  "Kamailio: the second server has us while the first is dead, the first once it is back",
  [
    "kamailio",
  ],
  async () => {
    const [dead = 0] = freePorts(2);
    await using second = await proxy(REGISTRAR);
    const registrars = [dead, second.port].map((port) =>
      `"sip:127.0.0.1:${port}"`
    );
    await using server = await legwork({
      servers: ["sip:127.0.0.1:9"],
      caller:
        `${AUTH}, register: {registrar: [${registrars}], aor: sip:bob@carrier.example, failback: 1, retry: {base: 1, base_registered: 1, max: 2}}`,
      yaml: "timers: {t1_ms: 10, t2_ms: 100}",
      env: ENV,
    });
    await logged(server, `at=127.0.0.1:${second.port}`);
    assertStringIncludes(server.log(), "registration failed");
    await using _first = await proxy({ ...REGISTRAR, port: dead });
    await logged(server, `at=127.0.0.1:${dead}`);
    assertStringIncludes(server.log(), "instead_of");
  },
);

peerTest(
  "Kamailio: registered over a flow by reg-id where nothing else is taken",
  withModule("outbound"),
  async () => {
    await using carrier = await proxy({
      ...REGISTRAR,
      tcp: true,
      modules: ["outbound", ...REGISTRAR.modules ?? []],
      parameters: [
        ...REGISTRAR.parameters ?? [],
        `modparam("registrar", "outbound_mode", 2)`,
        `modparam("registrar", "flow_timer", 25)`,
      ],
    });
    await using server = await legwork({
      servers: ["sip:127.0.0.1:9"],
      caller:
        `${AUTH}, register: {registrar: "sip:127.0.0.1:${carrier.port};transport=tcp", aor: sip:bob@carrier.example, outbound: rfc5626}`,
      env: ENV,
    });
    await logged(server, "registered");
    assertStringIncludes(carrier.said(), "reg-id=1");
  },
);

peerTest(
  "Kamailio: behind a NAT the Contact is corrected to what the registrar saw",
  [
    "kamailio",
  ],
  async () => {
    await using carrier = await proxy(REGISTRAR);
    await using server = await legwork({
      servers: ["sip:127.0.0.1:9"],
      // A name in Via is no address, so the registrar says where it saw us; `received` has that believed.
      yaml: "advertise: {host: sbc.invalid}",
      caller:
        `${AUTH}, register: {registrar: "sip:127.0.0.1:${carrier.port}", aor: sip:bob@carrier.example, contact: received}`,
      env: ENV,
    });
    await logged(server, "registered");
    assertStringIncludes(carrier.said(), "sip:bob@sbc.invalid");
    assertStringIncludes(carrier.said(), `sip:bob@127.0.0.1:${server.port}`);
  },
);

peerTest(
  "SIPp: a registrar that says 423, then 401, then a 200 without a Contact",
  [
    "sipp",
  ],
  async () => {
    await using carrier = await callee({ scenario: "registrar_odd", calls: 1 });
    {
      await using server = await legwork({
        servers: ["sip:127.0.0.1:9"],
        caller:
          `auth: {username: me, password_env: CARRIER_PASSWORD}, register: {registrar: "sip:127.0.0.1:${carrier.port}", aor: sip:me@carrier.example}`,
        env: ENV,
      });
      await logged(server, "registered");
      assertStringIncludes(server.log(), "expires=900");
    }
    await carrier.finished();
  },
);

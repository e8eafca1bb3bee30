/** Phones that register with Legwork and are called by it. */

import { legwork } from "./support/legwork.ts";
import { type Phone, phone } from "./support/baresip.ts";
import { peerTest, start } from "./support/peer.ts";
import { pause } from "./support/ports.ts";
import { call } from "./support/sipp.ts";

const SETTING = {
  servers: [],
  pbx: "match: 192.0.2.77",
  env: { LEGWORK_BOB: "secret" },
  yaml: [
    "registrar:",
    '  domains: [example.com, 127.0.0.1, "*"]',
    "  users: {bob: {password_env: LEGWORK_BOB}}",
    "  flow_timer: 60",
  ].join("\n"),
  script: `import { route } from "legwork";
export function onInvite() {
  return route("aor:bob");
}
`,
} as const;

for (const transport of ["udp", "tcp"] as const) {
  peerTest(`SIPp registers with digest over ${transport} and leaves`, [
    "sipp",
  ], async () => {
    await using server = await legwork(SETTING);
    await call(server.port, { scenario: "caller_registers", transport });
  });
}

peerTest("sipsak -U registers with digest", ["sipsak"], async () => {
  await using server = await legwork(SETTING);
  await using sipsak = start("sipsak", [
    ...["-U", "-vvv", "-x", "120", "-u", "bob", "-a", "secret"],
    ...["-C", "sip:bob@127.0.0.1:9", "-p", `127.0.0.1:${server.port}`],
    ...["-s", "sip:bob@example.com"],
  ], { withinMs: 15_000 });
  const { code, output } = await sipsak.ended;
  if (code !== 0 || !output.includes("SIP/2.0 200")) throw new Error(output);
});

const ACCOUNTS = {
  "plainly": ';outbound="sip:127.0.0.1:PORT"',
  "on two flows (outbound)":
    `;sipnat=outbound;outbound="sip:127.0.0.1:PORT";outbound2="sip:127.0.0.1:PORT;transport=tcp"`,
  "on a TCP flow":
    `;sipnat=outbound;outbound="sip:127.0.0.1:PORT;transport=tcp"`,
};

for (const [how, account] of Object.entries(ACCOUNTS)) {
  peerTest(`baresip registers ${how} and is called`, [
    "baresip",
    "sipp",
  ], async () => {
    await using server = await legwork(SETTING);
    const more = account.replaceAll("PORT", String(server.port));
    await using bob = await phone("bob", {
      address: "example.com",
      account: `auth_user=bob;auth_pass=secret;regint=120${more}`,
    });
    await said(bob, "200 OK");
    await call(server.port, { scenario: "caller_basic", calls: 1 });
    await said(bob, "Call established");
    await said(bob, "session closed");
  });
}

async function said(who: Phone, wanted: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (who.said().includes(wanted)) return;
    await pause(25);
  }
  throw new Error(`the phone did not say "${wanted}":\n${who.said()}`);
}

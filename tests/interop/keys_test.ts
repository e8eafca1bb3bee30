/** Keys between real peers: INFO made anew for the other side, and keys that an operator sends. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Phone, phone } from "./support/baresip.ts";
import { legwork } from "./support/legwork.ts";
import { peerTest, start } from "./support/peer.ts";
import { freePorts, pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

peerTest(
  "SIPp: keys by INFO in the body that each side knows, and by an operator",
  [
    "sipp",
  ],
  async () => {
    await using called = await callee({ scenario: "callee_keys", calls: 1 });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${called.port}`],
      pbx: "dtmf: {send: info-dtmf}",
      caller: "dtmf: {receive: info}",
    });
    const calling = call(server.port, { scenario: "caller_keys", calls: 1 });
    const id = await callId(server.port);
    // After the caller's own.
    await pause(700);
    const sent = await command("dtmf", id, "b", "42", `${server.port}`);
    assertEquals(sent, { code: 0, output: "2 keys for leg b\n" });
    const wrong = await command("dtmf", id, "b", "4x", `${server.port}`);
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.output, 'keys "4x", wanted 1 to 64 of 0 to 9');
    const nobody = await command("dtmf", "nobody", "b", "4", `${server.port}`);
    assertEquals(nobody.code, 1);
    assertStringIncludes(nobody.output, "nobody: no running call of that name");
    await calling;
    await called.finished();
  },
);

/** Looks at keys in every way there is, and says nothing of them by itself. */
const CURIOUS =
  `import { type Call, type Dtmf, type Message, relay, replace, route } from "legwork";
export function onInvite(call: Call) {
  call.collectKeys();
  return route("pbx");
}
export function onDtmf(_call: Call, key: Dtmf) {
  return key.key === "*" ? replace(key.key + "x") : key.key === "#" ? replace(key.key) : relay();
}
const edit = (message: Message) => {
  message.headers.set("X-Seen", "yes");
  message.body = message.body.replace("Signal", "signal");
};
export const inbound = { INFO: edit };
export const outbound = { INFO: edit };
`;

peerTest(
  "SIPp: no key of a trunk with mask is in log, ladder, story or record",
  [
    "sipp",
  ],
  async () => {
    await using called = await callee({ scenario: "callee_keys", calls: 1 });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${called.port}`],
      pbx: "dtmf: {send: info-dtmf}",
      caller: "dtmf: {receive: info, mask: true}",
      script: CURIOUS,
      ladder: true,
    });
    const calling = call(server.port, { scenario: "caller_keys", calls: 1 });
    const id = await callId(server.port);
    await pause(700);
    await command("dtmf", id, "b", "42", `${server.port}`);
    await calling;
    await called.finished();
    const { output } = await command("explain", id, `${server.port}`);
    const all = `${server.log()}\n${output}`;
    // It was looked at, and told of.
    assertStringIncludes(all, "a pressed ? for");
    assertStringIncludes(all, 'onDtmf: replace keys="?"');
    assertStringIncludes(all, "body: ? -> ?");
    assertStringIncludes(all, '"x" is no key');
    assertMatch(output, /^keys a 3, b 0$/m);
    const shown =
      /signal ?=|pressed [^?]|keys="[^?"]|^keys .*\(|[ab] pressed \S{2}/im;
    assertEquals(all.split("\n").filter((line) => shown.test(line)), []);
  },
);

peerTest("SIPp: a gateway tells its keys by KPML", ["sipp"], async () => {
  await using called = await callee({ scenario: "callee_keys", calls: 1 });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${called.port}`],
    pbx: "dtmf: {send: info-dtmf}",
    caller: "dtmf: {receive: kpml, send: kpml}",
  });
  await call(server.port, { scenario: "caller_kpml", calls: 1 });
  await called.finished();
});

peerTest(
  "baresip: its RTP events are INFO at a PBX, the PBX's INFO events at baresip",
  [
    "baresip",
    "sipp",
  ],
  async () => {
    await using called = await callee({
      scenario: "callee_keys_both",
      calls: 1,
    });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${called.port}`],
      pbx: "dtmf: {receive: info, send: info-dtmf}",
      caller: "dtmf: {receive: rfc4733, send: rfc4733}",
      yaml: anyMedia(),
    });
    await using alice = await phone("alice", {
      dial: `sip:bob@127.0.0.1:${server.port}`,
    });
    await said(alice, "Call established");
    await pause(500);
    for (const key of "1*#42") {
      await alice.command(key);
      await said(alice, `send DTMF digit end: '${key}'`);
    }
    await said(alice, "received event: '5' (end=1)");
    await said(alice, "received event: '#' (end=");
    await alice.command("b");
    await called.finished();
    assertStringIncludes(server.log(), "media=relay");
  },
);

peerTest("baresip: a script decides about keys that come as RTP events", [
  "baresip",
  "sipp",
], async () => {
  await using called = await callee({
    scenario: "callee_keys_decided",
    calls: 1,
  });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${called.port}`],
    pbx: "dtmf: {receive: info, send: info-dtmf}",
    caller: "dtmf: {receive: rfc4733, send: rfc4733}",
    yaml: anyMedia(),
    script: `
      import { type Call, type Dtmf, replace, route, suppress } from "legwork";
      export function onInvite(_call: Call) {
        return route("pbx");
      }
      export function onDtmf(_call: Call, key: Dtmf) {
        if (key.kind !== "rfc4733") return undefined;
        if (key.key === "*") return suppress();
        return key.key === "#" ? replace("9") : undefined;
      }
    `,
  });
  await using alice = await phone("alice", {
    dial: `sip:bob@127.0.0.1:${server.port}`,
  });
  await said(alice, "Call established");
  await pause(500);
  for (const key of "1*#42") {
    await alice.command(key);
    await said(alice, `send DTMF digit end: '${key}'`);
  }
  // The last one is up, and its INFO has gone.
  await pause(500);
  await alice.command("b");
  await called.finished();
});

peerTest("baresip: a caller's INFO is RTP events at baresip", [
  "baresip",
  "sipp",
], async () => {
  await using bob = await phone("bob");
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${bob.port}`],
    pbx: "dtmf: {receive: rfc4733, send: rfc4733}",
    caller: "dtmf: {receive: info, send: info}",
    yaml: anyMedia(),
  });
  const calling = call(server.port, { scenario: "caller_keys", calls: 1 });
  // baresip tells of a key's end when the next one comes.
  for (const key of "1*") await said(bob, `received event: '${key}' (end=1)`);
  await said(bob, "received event: '#'");
  await calling;
});

/** Ports of a test's own; baresip's SDP names another address of this machine than its RTP comes from. */
function anyMedia(): string {
  const ports = freePorts(20);
  return `media: {latch: "any", ports: ${ports[0]}-${ports.at(-1)}}`;
}

async function said(who: Phone, wanted: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (who.said().includes(wanted)) return;
    await pause(25);
  }
  throw new Error(`the phone did not say "${wanted}":\n${who.said()}`);
}

/** The identifier of the call that runs, once there is one. */
async function callId(port: number): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const { output } = await command("calls", `${port}`);
    const found = /^(\w+) .*answered/m.exec(output)?.[1];
    if (found !== undefined) return found;
    await pause(50);
  }
  throw new Error("no call was answered");
}

/** Asks the server; the last argument is its port. */
async function command(
  ...args: string[]
): Promise<{ code: number; output: string }> {
  const port = args.pop() ?? "";
  const all = ["run", "-P", "mod.ts", ...args, "--control", port];
  await using process = start(Deno.execPath(), all, {
    withinMs: 20_000,
    cwd: ROOT,
  });
  const { code, output } = await process.ended;
  const lines = output.split("\n").filter((line) =>
    !line.startsWith("Warning")
  );
  return { code, output: lines.join("\n") };
}

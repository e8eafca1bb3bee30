import { legwork } from "./support/legwork.ts";
import { type Phone, phone } from "./support/baresip.ts";
import { peerTest } from "./support/peer.ts";
import { pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

peerTest("baresip: a phone is called, answers and is hung up on", [
  "baresip",
  "sipp",
], async () => {
  await using bob = await phone("bob");
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${bob.port}`],
  });
  await call(server.port, { scenario: "caller_basic", calls: 1 });
  await said(bob, "Call established");
  await said(bob, "session closed");
});

peerTest("baresip: a phone calls, talks and hangs up", [
  "baresip",
  "sipp",
], async () => {
  await using called = await callee({ scenario: "callee_basic", calls: 1 });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${called.port}`],
  });
  await using alice = await phone("alice", {
    dial: `sip:bob@127.0.0.1:${server.port}`,
  });
  await said(alice, "Call established");
  await alice.command("b");
  await called.finished();
});

peerTest("baresip: two phones talk and one leaves", ["baresip"], async () => {
  await using bob = await phone("bob");
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${bob.port}`],
  });
  await using alice = await phone("alice", {
    dial: `sip:bob@127.0.0.1:${server.port}`,
  });
  await said(alice, "Call established");
  await said(bob, "Call established");
  await bob.command("b");
  await said(alice, "session closed");
});

async function said(who: Phone, wanted: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (who.said().includes(wanted)) return;
    await pause(25);
  }
  throw new Error(`the phone did not say "${wanted}":\n${who.said()}`);
}

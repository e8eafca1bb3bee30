import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { isStun } from "../../../core/transport/stun.ts";
import { flowRecoveryDelay } from "../../../core/trunk/flow_recovery.ts";
import { FlowBed, SERVER } from "./flow_bed.ts";

const HOUR = 3_600;

Deno.test("CRLF at 80 to 100 percent of the Flow-Timer, for hours", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("TCP"));
  kept.start({ flowTimerSeconds: 100, outbound: true });
  bed.advance(4 * HOUR);
  // RFC 5626 §4.4: each wait is a random time between 80 and 100 percent of what the server says.
  assert(bed.pings.length >= 144 && bed.pings.length <= 180);
  assert(bed.gaps.every((gap) => gap >= 80 && gap <= 100));
  assert(Math.max(...bed.gaps) > 98 && Math.min(...bed.gaps) < 82);
  assert(bed.pings.every(({ kind }) => kind === "crlf"));
  // Each was answered: `onPong` took the ten seconds back, and no pong was taken for half a ping.
  assertEquals(
    bed.observer.counters.get("transport_pongs"),
    bed.pings.length,
  );
  assertEquals(
    bed.observer.counters.get("transport_keep_alive_crlf"),
    bed.pings.length,
  );
  assertEquals(bed.told, []);
  kept.stop();
});

Deno.test("without a Flow-Timer the flow has its own interval", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("TCP"));
  kept.start({ outbound: false });
  bed.advance(HOUR);
  assert(bed.gaps.every((gap) => gap >= 96 && gap <= 120));
  kept.stop();
  const heard = bed.pings.length;
  bed.advance(HOUR);
  assertEquals(bed.pings.length, heard);
});

Deno.test("a pong is due within ten seconds where outbound was agreed", async () => {
  await using bed = await FlowBed.open();
  const flow = bed.flow("TCP");
  bed.keep(flow).start({ flowTimerSeconds: 60, outbound: true });
  bed.mute = true;
  while (bed.pings.length === 0) bed.advance(0.1);
  bed.advance(9.8);
  assertEquals(bed.told, []);
  assert(flow.open);
  bed.advance(0.3);
  // RFC 5626 §4.4.1: the flow has failed; it is closed, and somebody else makes a new one.
  assertEquals(bed.told, ["no pong came"]);
  assertEquals(flow.open, false);
  bed.advance(HOUR);
  assertEquals(bed.told.length, 1);
  assertEquals(bed.pings.length, 1);
});

Deno.test("a pong may take its ten seconds each time", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("TCP"), { pongSeconds: 25 });
  kept.start({ flowTimerSeconds: 30, outbound: true });
  bed.mute = true;
  while (bed.pings.length < 1) bed.advance(0.1);
  // The next ping leaves before the pong is late: the first one's wait goes on.
  bed.advance(24);
  assertEquals(bed.told, []);
  bed.advance(1.1);
  assertEquals(bed.told, ["no pong came"]);
});

Deno.test("no pong is due where outbound was not agreed, or the wait is switched off", async () => {
  for (
    const [outbound, pongSeconds] of [[false, 10], [true, 0]] as const
  ) {
    await using bed = await FlowBed.open();
    const kept = bed.keep(bed.flow("TCP"), { pongSeconds });
    bed.mute = true;
    kept.start({ flowTimerSeconds: 60, outbound });
    bed.advance(HOUR);
    assertEquals(bed.told, []);
    assert(bed.pings.length >= 60);
    kept.stop();
  }
});

Deno.test("a connection that the server closes has failed, once", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("TCP"));
  kept.start({ outbound: true });
  bed.advance(HOUR);
  await bed.server.close();
  bed.advance(1);
  assertEquals(bed.told, ["closed by the peer"]);
  kept.stop();
  kept.start({ outbound: true });
  bed.advance(HOUR);
  assertEquals(bed.told.length, 1);
});

Deno.test("a connection refused has failed", async () => {
  await using bed = await FlowBed.open();
  bed.keep(bed.flow("TCP", { ...SERVER, port: 5999 })).start({
    outbound: false,
  });
  bed.advance(1);
  assertEquals(bed.told, ["connection refused"]);
});

Deno.test("STUN on datagrams: at once, then each 0.8 to 1.0 of 29 s, and the mapped address learned", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("UDP"));
  kept.start({ outbound: true });
  bed.advance(HOUR);
  assertEquals(bed.told, ["new -> 192.0.2.1:5060"]);
  assertEquals(kept.mappedAddress, { host: "192.0.2.1", port: 5060 });
  assertEquals(bed.pings[0], { atMs: 1, kind: "stun" });
  assert(bed.pings.every(({ kind }) => kind === "stun"));
  assert(bed.gaps.every((gap) => gap >= 23.2 && gap <= 29));
  kept.stop();
});

Deno.test("Flow-Timer sets the pace of STUN too, from the refresh that brings it", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("UDP"));
  kept.start({ outbound: true });
  bed.advance(10);
  kept.start({ flowTimerSeconds: 10, outbound: true });
  bed.pings.length = 0;
  bed.advance(HOUR);
  assert(bed.gaps.every((gap) => gap >= 8 && gap <= 10));
  // The same again, as each refresh of the registration says it, does not put the next ping off.
  const count = bed.pings.length;
  for (let i = 0; i < 40; i++) {
    bed.advance(5);
    kept.start({ flowTimerSeconds: 10, outbound: true });
  }
  assert(bed.pings.length - count >= 20);
  kept.stop();
});

Deno.test("STUN that loses datagrams goes on; STUN without any answer ends the flow", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("UDP"));
  kept.start({ outbound: true });
  const random = seededRandom(7);
  bed.network.fate = (): "lose" | "deliver" =>
    random.fraction() < 0.1 ? "lose" : "deliver";
  bed.advance(HOUR);
  assertEquals(bed.told, ["new -> 192.0.2.1:5060"]);
  bed.network.fate = (): "lose" => "lose";
  // A ping comes due within 29 s, and is given up after 39.5 s.
  bed.advance(29 + 39.5 + 0.1);
  assertEquals(bed.told.slice(1), ["no answer to STUN came"]);
});

Deno.test("a mapped address that changes is told; the flow goes on", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("UDP"));
  kept.start({ outbound: true });
  bed.advance(1);
  // A NAT that has forgotten: the server sees the next request come from elsewhere, and answers by the same way.
  bed.network.fate = ({ bytes }): "deliver" => {
    if (isStun(bytes) && bytes[0] === 1) bytes[27]! ^= 7;
    return "deliver";
  };
  bed.advance(60);
  // RFC 5389 §15.2 hides the port in the bytes that the NAT of this test has changed.
  assertEquals(bed.told, [
    "new -> 192.0.2.1:5060",
    `192.0.2.1:5060 -> 192.0.2.1:${5060 ^ 7}`,
  ]);
  kept.stop();
});

Deno.test("what is switched off does not ping", async () => {
  await using bed = await FlowBed.open();
  const kept = [
    bed.keep(bed.flow("UDP"), { kind: "none" }),
    bed.keep(bed.flow("TCP"), { kind: "none" }),
    bed.keep(bed.flow("UDP"), { datagramSeconds: 0 }),
    bed.keep(bed.flow("TCP"), { streamSeconds: 0 }),
  ];
  for (const one of kept) one.start({ flowTimerSeconds: 20, outbound: true });
  bed.advance(HOUR);
  assertEquals(bed.pings, []);
  // Yet a connection that goes is told of.
  await bed.server.close();
  bed.advance(1);
  assertEquals(bed.told.length, 2);
  for (const one of kept) one.stop();
});

Deno.test("CRLF on datagrams is answered by nobody and due from nobody", async () => {
  await using bed = await FlowBed.open();
  const kept = bed.keep(bed.flow("UDP"), { kind: "crlf" });
  kept.start({ flowTimerSeconds: 20, outbound: true });
  bed.advance(HOUR);
  assert(bed.pings.length >= 180);
  assert(bed.pings.every(({ kind }) => kind === "crlf"));
  assertEquals(bed.told, []);
  kept.stop();
});

Deno.test("flow recovery waits as RFC 5626 §4.5 says", () => {
  const random = seededRandom(45);
  function waits(failures: number, allFailed: boolean): number[] {
    return Array.from(
      { length: 500 },
      () => flowRecoveryDelay({ failures, allFailed, random }),
    );
  }
  // draft-ietf-sip-outbound-03 §4.4.2, as the RFC: "if the base time was 30 seconds, and there had been three failures, then
  // the wait time would be min(1800,30*(2^3)) or 240 seconds. The delay time is computed by selecting a uniform random time
  // between 50 and 100 percent of the wait time."
  for (
    const [failures, allFailed, wait] of [
      [3, true, 240],
      [0, true, 30],
      // "the first retry happens somewhere between 30 and 60 seconds after the failure of the first registration request."
      [1, true, 60],
      [0, false, 90],
      [1, false, 180],
      // "the UA will keep trying forever with a random time between 900 and 1800 seconds between the attempts."
      [6, true, 1_800],
      [5_000, false, 1_800],
    ] as const
  ) {
    const all = waits(failures, allFailed);
    assert(Math.min(...all) >= wait / 2 && Math.max(...all) <= wait);
    assert(Math.min(...all) < wait * 0.52 && Math.max(...all) > wait * 0.98);
  }
  const times = {
    baseAllFailSeconds: 2,
    baseNotAllFailSeconds: 5,
    maxSeconds: 9,
  };
  const least = flowRecoveryDelay({
    failures: 4,
    allFailed: false,
    random: { fraction: () => 0, token: () => "" },
    times,
  });
  assertEquals(least, 4.5);
});

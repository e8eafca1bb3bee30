import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { parseSipUri } from "../../../core/message/uri.ts";
import { RegisteredFlow } from "../../../core/trunk/registered_flow.ts";
import type { Outbound } from "../../../core/trunk/registration_settings.ts";
import { FlowBed } from "./flow_bed.ts";

/** What a registration over a flow comes to within an hour: the kinds of its pings and the longest gap in seconds. */
async function pingsOf(setting: {
  transport: "UDP" | "TCP";
  asked: Outbound;
  agreed: boolean;
  registrar?: string;
  flowTimerSeconds?: number;
  mute?: boolean;
}): Promise<{ kinds: string[]; longest: number; told: string[] }> {
  await using bed = await FlowBed.open();
  bed.mute = setting.mute ?? false;
  const registered = new RegisteredFlow({
    transport: bed.client.flows,
    clock: bed.clock,
    random: seededRandom(9),
    settings: {},
    registration: {
      outbound: setting.asked,
      registrars: [parseSipUri(setting.registrar ?? "sip:192.0.2.2")!],
    },
    user: {
      onFlowFailed: (reason): void => void bed.told.push(reason),
      onMappedAddress(): void {},
    },
  });
  registered.follow(bed.flow(setting.transport), {
    outbound: setting.agreed && setting.asked !== "off"
      ? setting.asked
      : undefined,
    flowTimerSeconds: setting.flowTimerSeconds,
  });
  bed.advance(3_600);
  registered.stop();
  return {
    kinds: [...new Set(bed.pings.map(({ kind }) => kind))],
    longest: Math.max(...bed.gaps),
    told: bed.told,
  };
}

Deno.test("RFC 5626: STUN where the registrar keeps to flows, CRLF where it does not", async () => {
  const agreed = await pingsOf({
    transport: "UDP",
    asked: "rfc5626",
    agreed: true,
    flowTimerSeconds: 20,
  });
  assertEquals(agreed.kinds, ["stun"]);
  assert(agreed.longest <= 20);
  const refused = await pingsOf({
    transport: "UDP",
    asked: "rfc5626",
    agreed: false,
  });
  assertEquals(refused.kinds, ["crlf"]);
});

Deno.test("draft 03: STUN where the registrar's URI says keepalive=stun", async () => {
  // §4.4.1: "User Agents that form flows MUST check if the configured URI they are connecting to has a 'keepalive' URI
  // parameter (defined in Section 10) with the value of 'stun'. If the parameter is present, the UA needs to periodically
  // perform keep alive checks by sending a STUN [7] Binding Requests over the flow."
  const stun = await pingsOf({
    transport: "UDP",
    asked: "draft-03",
    agreed: true,
    registrar: "sip:192.0.2.2;keepalive=STUN",
    flowTimerSeconds: 1_000,
  });
  assertEquals(stun.kinds, ["stun"]);
  // §4.4: "The time between keep alive requests when using UDP based transports SHOULD be a random number between 24 and 29
  // seconds". It knows no Flow-Timer.
  assert(stun.longest > 28 && stun.longest <= 29);
  const silent = await pingsOf({
    transport: "UDP",
    asked: "draft-03",
    agreed: true,
  });
  assertEquals(silent.kinds, ["crlf"]);
});

Deno.test("draft 03 knows no pong: a connection is kept by CRLF and none is due", async () => {
  const kept = await pingsOf({
    transport: "TCP",
    asked: "draft-03",
    agreed: true,
    mute: true,
  });
  assertEquals(kept.kinds, ["crlf"]);
  assertEquals(kept.told, []);
  // "while for TCP based transports it SHOULD be a random number between 95 and 120 seconds."
  assert(kept.longest > 115 && kept.longest <= 120);
  const rfc = await pingsOf({
    transport: "TCP",
    asked: "rfc5626",
    agreed: true,
    mute: true,
  });
  assertEquals(rfc.told, ["no pong came"]);
});

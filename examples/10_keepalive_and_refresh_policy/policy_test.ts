/** Hooks are functions: what a ladder does not bring about is asked of them as an event. */

import { assertEquals } from "@std/assert";
import type { KeepAlive } from "legwork";
import { onKeepAlive } from "./policy.ts";

function ping(count: number, trunk: string | undefined): KeepAlive {
  const peer = "udp:192.0.2.1:5060";
  const leg = { name: "a" as const, trunk, peer, call: undefined };
  return {
    kind: "nul",
    leg,
    address: peer,
    intervalSeconds: 1,
    count,
    bytes: 4,
    message: undefined,
  };
}

Deno.test("a stranger's pings are worth an answer for a while", () => {
  assertEquals(onKeepAlive(ping(100, undefined)), undefined);
  assertEquals(onKeepAlive(ping(101, undefined)), { action: "ignore" });
  assertEquals(onKeepAlive(ping(101, "carrier")), undefined);
});

/** Hooks are functions: what a ladder cannot bring about yet is asked of them as an event. */

import { assertEquals } from "@std/assert";
import type { KeepAlive } from "legwork";
import { onKeepAlive } from "./policy.ts";

function ping(kind: KeepAlive["kind"], trunk: string | undefined): KeepAlive {
  const leg = { name: "a", trunk, peer: "udp:192.0.2.1:5060", call: undefined };
  return { kind, leg, message: undefined } as KeepAlive;
}

Deno.test("pings of trunks are answered, those of strangers are not", () => {
  assertEquals(onKeepAlive(ping("options", "carrier")), {
    action: "answer",
    status: 200,
  });
  assertEquals(onKeepAlive(ping("options", undefined)), {
    action: "reject",
    status: 403,
  });
  assertEquals(onKeepAlive(ping("crlf", "pbx")), { action: "ignore" });
});

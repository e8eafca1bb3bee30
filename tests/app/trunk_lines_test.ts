import { assertEquals } from "@std/assert";
import { trunkLines } from "../../app/control/trunk_lines.ts";
import type { TrunkAddressState } from "../../core/trunk/trunk_state.ts";

const NOW = 1_000_000_000;

function address(parts: Partial<TrunkAddressState>): TrunkAddressState {
  return {
    address: "udp:192.0.2.1:5060",
    condition: "up",
    sinceMs: NOW - 3_000,
    misses: 0,
    lastStatus: undefined,
    lastFailure: undefined,
    roundTripMs: undefined,
    nextInSeconds: undefined,
    outForSeconds: undefined,
    ...parts,
  };
}

Deno.test("trunks are told with their servers, addresses and registrations", () => {
  const lines = trunkLines([
    {
      name: "carrier",
      condition: "up",
      calls: 3,
      servers: [
        {
          uri: "sip:sip.carrier.example",
          addresses: [
            address({
              lastStatus: 200,
              roundTripMs: 14.2,
              nextInSeconds: 12.6,
            }),
            address({
              address: "tcp:[2001:db8::1]:5060",
              condition: "down",
              sinceMs: NOW - 3_725_000,
              lastFailure: "timeout",
              misses: 5,
              nextInSeconds: 4,
            }),
          ],
        },
        { uri: "sip:other.example", addresses: [] },
      ],
    },
    {
      name: "pbx",
      condition: "down",
      calls: 1,
      servers: [{
        uri: "sip:192.0.2.9",
        addresses: [
          address({ condition: "down", outForSeconds: 90, lastStatus: 503 }),
        ],
      }],
    },
  ], {
    nowMs: NOW,
    registrationsOf: (trunk) =>
      trunk !== "carrier" ? [] : [{
        state: "waiting",
        regId: 1,
        server: "sip:sip.carrier.example",
        contact: undefined,
        sinceMs: 0,
        expiresInSeconds: undefined,
        retryInSeconds: 200,
        lastStatus: 403,
      }],
  });
  assertEquals(lines, [
    "carrier  up, 3 calls",
    "  waiting at sip:sip.carrier.example, last status 403, again in 3 min 20 s",
    "  sip:sip.carrier.example",
    "    udp:192.0.2.1:5060  up for 3 s, answered 200 after 14 ms, next keep-alive in 13 s",
    "    tcp:[2001:db8::1]:5060  down for 1 h 2 min, no answer, 5 in a row, next keep-alive in 4 s",
    "  sip:other.example",
    "pbx  down, 1 call",
    "  sip:192.0.2.9",
    "    udp:192.0.2.1:5060  down for 3 s, answered 503 after 0 ms, asked to be left alone for 1 min 30 s more",
    "2 trunks, 1 down",
  ]);
});

Deno.test("without trunks there is nothing to tell; too many are cut", () => {
  const options = { nowMs: NOW, registrationsOf: () => [] };
  assertEquals(trunkLines([], options), ["there is no trunk"]);
  const many = Array.from({ length: 1_002 }, (_, i) => ({
    name: `t${i}`,
    condition: "unwatched" as const,
    calls: 0,
    servers: [],
  }));
  assertEquals(trunkLines(many, options).slice(-2), [
    "... and 2 more",
    "1002 trunks",
  ]);
});

/** Audio of real peers through the relay. */

import { assert, assertEquals } from "@std/assert";
import { peerTest } from "./support/peer.ts";
import { legwork } from "./support/legwork.ts";
import { freePorts } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

/** A second of PCMU, any. */
const TONE = Uint8Array.from({ length: 8_000 }, (_, at) => at % 160);

for (const udp of ["plain", "batched"] as const) {
  peerTest(
    `SIPp streams audio, SIPp sends it back: both ways through the relay, none lost (${udp})`,
    [
      "sipp",
    ],
    async () => {
      const [port = 0] = freePorts(64);
      await using pbx = await callee({
        scenario: "callee_plain",
        calls: 2,
        echo: true,
      });
      await using server = await legwork({
        servers: [`sip:127.0.0.1:${pbx.port}`],
        udp,
        pbx: "media: relay",
        yaml: `media: {ports: ${port}-${port + 63}}`,
      });
      await call(server.port, {
        scenario: "caller_streams",
        calls: 2,
        files: { "tone.raw": TONE },
      });
      await pbx.finished();
      const ends = server.log().split("\n").filter((line) =>
        line.includes("call ended")
      );
      assertEquals(ends.length, 2, server.log());
      for (const line of ends) {
        assert(line.includes("relay"), line);
        const flows =
          /a audio: (\d+) packets, (-?\d+) lost.*b audio: (\d+) packets, (-?\d+) lost/
            .exec(line)?.slice(1).map(Number);
        assert(flows !== undefined, line);
        const [fromA = 0, lostA, fromB = 0, lostB] = flows;
        // Two seconds of 20 ms; what was on its way when the call ended does not count.
        assert(fromA > 80 && fromB > 80, line);
        assertEquals([lostA, lostB], [0, 0], line);
        assert(Math.abs(fromA - fromB) < 5, line);
      }
    },
  );
}

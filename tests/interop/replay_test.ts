import { strictEqual } from "node:assert";
import { legwork } from "../app/support/cli.ts";
import { capturing } from "./support/capturing.ts";
import { peerTest, start } from "./support/peer.ts";
import { pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

const SCRIPT = `export const outbound = {
  "INVITE": (message) => { message.headers.set("X-Seen", "yes"); },
};
`;

peerTest("replay: what tshark captured of SIPp's calls, in both formats", [
  "tshark",
  "sipp",
], async () => {
  const folder = await Deno.makeTempDir({ prefix: "replay-" });
  try {
    await Deno.writeTextFile(`${folder}/route.ts`, SCRIPT);
    for (const format of ["pcap", "pcapng"]) {
      const file = `${folder}/calls.${format}`;
      await using capture = start("tshark", [
        ...["-i", "lo", "-w", file, "-F", format, "-q"],
        ...["-f", "udp portrange 21000-21999 or tcp portrange 21000-21999"],
      ], { withinMs: 60_000 });
      if (!await capturing(capture)) return;
      for (const transport of ["udp", "tcp"] as const) {
        await using called = await callee({
          scenario: "callee_basic",
          calls: 1,
          transport,
        });
        await call(called.port, {
          scenario: "caller_basic",
          calls: 1,
          transport,
        });
        await called.finished();
      }
      await pause(500);
      capture.signal("SIGINT");
      await capture.ended;
      const { code, out } = await legwork([
        ...["replay", file, "--script", `${folder}/route.ts`, "--check"],
      ]);
      strictEqual(code, 1, out.join("\n"));
      strictEqual(out.filter((line) => line === "    + yes").length, 2);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

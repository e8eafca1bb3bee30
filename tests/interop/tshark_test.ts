import { strictEqual } from "node:assert";
import { legwork } from "./support/legwork.ts";
import { peerTest, start } from "./support/peer.ts";
import { capturing } from "./support/capturing.ts";
import { Datagrams } from "./support/datagram.ts";
import { freePort, pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

/** Wireshark's number for an expert note of the severity "warning". */
const EXPERT_WARNING = 6291456;
const WRONG =
  `sip && (_ws.malformed || _ws.expert.severity >= ${EXPERT_WARNING})`;
const ON_PURPOSE = "sip:wrong-on-purpose";
const OURS = ["-d", "udp.port==21000-21999,sip", "-d"]
  .concat("tcp.port==21000-21999,sip");

peerTest("tshark: nothing that we send is malformed", [
  "tshark",
  "sipp",
], async () => {
  const folder = await Deno.makeTempDir({ prefix: "tshark-" });
  const file = `${folder}/calls.pcap`;
  try {
    await using capture = start("tshark", [
      ...["-i", "lo", "-w", file, "-q"],
      ...["-f", "udp portrange 21000-21999 or tcp portrange 21000-21999"],
    ], { withinMs: 60_000 });
    if (!await capturing(capture)) return;

    for (const transport of ["udp", "tcp"] as const) {
      for (const scenario of ["basic", "cancel", "hold", "info", "busy"]) {
        await using called = await callee({
          scenario: `callee_${scenario}`,
          calls: 1,
          transport,
        });
        await using server = await legwork({
          servers: [`sip:127.0.0.1:${called.port};transport=${transport}`],
        });
        await call(server.port, {
          scenario: `caller_${scenario}`,
          calls: 1,
          transport,
        });
        await called.finished();
      }
    }
    await sendBreach();
    await pause(500);
    capture.signal("SIGINT");
    await capture.ended;

    const sent = await dissect(file, "sip.CSeq.method == INVITE");
    strictEqual(sent.length > 50, true, `only ${sent.length} messages seen`);
    const wrong = await dissect(file, WRONG);
    const isOnPurpose = (line: string): boolean => line.includes(ON_PURPOSE);
    strictEqual(wrong.filter((line) => !isOnPurpose(line)).join("\n"), "");
    strictEqual(wrong.filter(isOnPurpose).length, 1, "tshark sees a breach");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** One bad message of the test's own: proof that a breach would be seen. */
async function sendBreach(): Promise<void> {
  using from = new Datagrams();
  const breach = `OPTIONS ${ON_PURPOSE} SIP/2.0\r\nno colon here\r\n\r\n`;
  await from.send(new TextEncoder().encode(breach), freePort());
}

async function dissect(file: string, filter: string): Promise<string[]> {
  await using tshark = start("tshark", ["-r", file, ...OURS, "-Y", filter], {
    withinMs: 20_000,
  });
  const { code, output } = await tshark.ended;
  strictEqual(code, 0, output);
  return output.split("\n").filter((line) =>
    line.trim() !== "" && !line.startsWith("Running as user")
  );
}

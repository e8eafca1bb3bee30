import { assertEquals } from "@std/assert";
import { Folder, legwork } from "./support/cli.ts";
import { ipv4, pcap, udp } from "./support/capture_writer.ts";

const INVITE = `INVITE sip:100@192.0.2.1 SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bK1\r
From: "A" <sip:a@192.0.2.2>;tag=1\r
To: <sip:100@192.0.2.1>\r
Call-ID: 1@192.0.2.2\r
CSeq: 1 INVITE\r
Contact: <sip:a@192.0.2.2:5070>\r
P-Asserted-Identity: <sip:a@192.0.2.2>\r
Content-Length: 0\r
\r
`;
const SCRIPT = `import type { Leg, Message } from "legwork";
export const inbound = {
  "INVITE": (message: Message, leg: Leg) => {
    if (leg.trunk === "carrier") message.headers.delete("P-Asserted-Identity");
    message.headers.set("X-Caller", leg.name);
  },
};
`;
const CONFIG = `listen: udp:127.0.0.1:5060
trunks: { carrier: { servers: "sip:192.0.2.2:5070" } }
scripts: route.ts
`;

Deno.test("replay prints what a script would change, with its line", async () => {
  using folder = new Folder({ "route.ts": SCRIPT, "legwork.yaml": CONFIG });
  const packet = ipv4(udp(new TextEncoder().encode(INVITE)));
  const file = pcap([packet], { linkType: 101 });
  Deno.writeFileSync(`${folder.path}/call.pcap`, file);
  const run = (...args: string[]) =>
    legwork(["replay", "call.pcap", ...args], { cwd: folder.path });

  const head =
    "#1 0.000 udp 192.0.2.2:5070 -> 192.0.2.1:5060  INVITE sip:100@192.0.2.1";
  const added = [
    '    @ X-Caller  route.ts:5:24  inbound["INVITE"]',
    "    + a",
  ];
  const end = "packets: 1, SIP messages: 1, changed: 1, faults: 0";
  assertEquals(await run("--script", "route.ts"), {
    code: 0,
    out: [head, ...added, end],
    err: [],
  });
  assertEquals(await run("--config", "legwork.yaml", "--check"), {
    code: 1,
    out: [
      head,
      '    @ P-Asserted-Identity  route.ts:4:56  inbound["INVITE"]',
      "    - <sip:a@192.0.2.2>",
      ...added,
      end,
    ],
    err: [],
  });
});

Deno.test("replay: a script that does nothing changes nothing, one that fails is an error", async () => {
  using folder = new Folder({
    "calm.ts": "export const inbound = { '*': () => {} };",
    "wild.ts":
      "export const inbound = { '*': () => { throw new Error('x'); } };",
  });
  const packet = ipv4(udp(new TextEncoder().encode(INVITE)));
  const file = pcap([packet], { linkType: 101 });
  Deno.writeFileSync(`${folder.path}/call.pcap`, file);
  const run = (...args: string[]) =>
    legwork(["replay", ...args, "--check"], { cwd: folder.path });
  assertEquals((await run("call.pcap", "--script", "calm.ts")).code, 0);
  const wild = await run("call.pcap", "--script", "wild.ts");
  assertEquals(wild.code, 2);
  assertEquals(wild.out[1], "    ! wild.ts:1:54: Error: x");
  const none = await run("no.pcap", "--script", "calm.ts");
  assertEquals([none.code, none.err], [2, ["no.pcap: there is no such file"]]);
  const text = await run("calm.ts", "--script", "calm.ts");
  assertEquals([text.code, text.err], [2, [
    "calm.ts: it is neither pcap nor pcapng",
  ]]);
});

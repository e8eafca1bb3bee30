/** The commands that speak to a running Legwork. */

import { assertEquals, assertMatch } from "@std/assert";
import { Folder, legwork, start } from "./support/cli.ts";
import { Caller } from "./support/caller.ts";

const REJECTING = `import { type Call, type Message, reject } from "legwork";
export function onInvite(_call: Call) {
  return reject(480);
}
export const inbound = {
  "INVITE": (message: Message) => {
    message.headers.set("X-Seen", "yes");
    message.headers.delete("User-Agent");
  },
};
export const outbound = {
  "4xx": (message: Message) => {
    message.headers.append("Reason", "Q.850;cause=16");
  },
};
`;

Deno.test("a running Legwork is asked what happened, and told to load its scripts again", async () => {
  using folder = new Folder({ "route.ts": REJECTING });
  await using running = start(
    ["route.ts", "--listen", "udp:127.0.0.1:0"],
    { cwd: folder.path },
  );
  const port = /:(\d+)$/.exec(await running.line() ?? "")?.[1] ?? "";
  const ask = (...args: string[]) => legwork([...args, "--control", port]);
  await using caller = await Caller.open(Number(port));
  assertEquals(await caller.call(), 480);
  await running.says("call ended");

  assertEquals(await ask("calls"), { code: 0, out: ["0 calls"], err: [] });
  assertEquals((await ask("keepalives")).out, ["no keep-alive came yet"]);
  await caller.ping("\0\0\0\0");
  await caller.ping("\0\0\0\0");
  assertEquals(await caller.call(), 480);
  const pings = await ask("keepalives");
  assertMatch(
    pings.out.join("\n"),
    new RegExp(
      "^address +trunk +kind +count +each +last\n" +
        `udp:127\\.0\\.0\\.1:${caller.port} +- +nul +2 +\\d\\.\\d s +\\d\\.\\d s ago$`,
    ),
  );
  const id = /call=(\w+)/.exec(running.said)?.[1] ?? "";
  const { code, out } = await ask("explain", id);
  assertEquals(code, 0);
  const peer = `udp:127\\.0\\.0\\.1:${caller.port}`;
  const wanted = [
    `call ${id} from ${peer} to nobody, status 480, ended by legwork \\(rejected\\)`,
    ` +0\\.000 {2}a <- ${peer} {2}INVITE sip:\\S+ SIP/2\\.0`,
    ` +X-Seen: added yes {2}\\(route\\.ts:7:\\d+ inbound\\["INVITE"\\]\\)`,
    ` +0\\.\\d{3} {2}a -> ${peer} {2}SIP/2\\.0 100 Trying`,
    ` +0\\.\\d{3} {2}onInvite: reject 480 {2}\\(route\\.ts:2:8, \\d+\\.\\d\\d ms\\)`,
    ` +0\\.\\d{3} {2}a -> ${peer} {2}SIP/2\\.0 480 Temporarily Unavailable`,
    ` +Reason: added Q\\.850;cause=16 {2}\\(route\\.ts:13:\\d+ outbound\\["4xx"\\]\\)`,
    'hook inbound\\["INVITE"\\] ran once, [\\d.]+ ms',
    "hook onInvite ran once, [\\d.]+ ms",
    'hook outbound\\["4xx"\\] ran once, [\\d.]+ ms',
  ];
  assertMatch(out.join("\n"), new RegExp(`^${wanted.join("\n")}$`));

  folder.write("route.ts", REJECTING.replace("480", "486"));
  await running.says("script loaded script=route.ts#2 by=save");
  assertEquals(await caller.call(), 486);
  assertEquals((await ask("reload", "--to", "1")).out, [
    "route.ts#3 loaded, the text of #1",
  ]);
  assertEquals(await caller.call(), 480);
  const back = await ask("reload", "--to", "9");
  assertEquals(back.code, 1);
  assertEquals(
    back.err[0],
    "Cannot go back to revision 9 of route.ts: kept are 1, 2, 3",
  );
  const none = await ask("explain", "nothing");
  assertEquals(none.err, ["nothing: no call of that name is kept"]);

  running.process.kill("SIGTERM");
  await running.ended();
  const gone = await ask("calls");
  assertEquals(gone.code, 1);
  assertEquals(gone.err, [
    `/tmp/legwork/${port}.sock: no Legwork listens there`,
  ]);
});

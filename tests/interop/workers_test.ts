/** Two workers on one address, and a carrier that is one source address. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Running, start } from "./support/peer.ts";
import { peerTest } from "./support/peer.ts";
import { freePort, pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const CALLS = 200;

peerTest(
  "SIPp: two workers carry the calls of one source, and outlive each other",
  [
    "sipp",
  ],
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "legwork-" });
    const port = freePort();
    {
      await using called = await callee({
        scenario: "callee_basic",
        calls: CALLS,
      });
      await using server = await started(folder, { port, pbx: called.port });
      await call(port, { scenario: "caller_basic", calls: CALLS, rate: 40 });
      await called.finished();
      await ended(server);
      const log = server.said();
      const carried = [0, 1].map((worker) =>
        log.match(
          new RegExp(
            `call ended .*worker=${worker} |call ended worker=${worker} `,
            "g",
          ),
        )?.length ?? 0
      );
      assertEquals(carried[0]! + carried[1]!, CALLS, log.slice(-3000));
      assert(Math.min(...carried) > CALLS / 4, `${carried}`);
    }
    {
      await using called = await callee({
        scenario: "callee_cancel",
        calls: 6,
      });
      await using server = await started(folder, { port, pbx: called.port });
      await call(port, { scenario: "caller_cancel", calls: 6 });
      await called.finished();
      await ended(server);
    }
    {
      await using called = await callee({
        scenario: "callee_basic",
        calls: 60,
      });
      await using server = await started(folder, { port, pbx: called.port });
      const [, victim = ""] = /worker listens .*worker=1 pid=(\d+)/.exec(
        server.said(),
      ) ?? [];
      const calls = call(port, {
        scenario: "caller_basic",
        calls: 40,
        rate: 20,
      })
        .catch(() => {});
      await pause(1_000);
      Deno.kill(Number(victim), "SIGKILL");
      await calls;
      // Those of the worker that lived have all ended well, and both take new ones.
      await call(port, { scenario: "caller_basic", calls: 20 });
      const log = server.said();
      assertMatch(log, /worker ended, it is started again .*signal=SIGKILL/);
      const after = log.slice(log.indexOf("worker ended"));
      for (const worker of [0, 1]) {
        assertMatch(
          after,
          new RegExp(
            `call ended .*worker=${worker} |call ended worker=${worker} `,
          ),
        );
      }
      const untouched = [
        ...log.matchAll(/call ended worker=0 .*status=(\d+)/g),
      ];
      assert(untouched.every(([, status]) => status === "200"), log);
      await ended(server);
    }
    await Deno.remove(folder, { recursive: true });
  },
);

async function started(
  folder: string,
  { port, pbx }: { port: number; pbx: number },
): Promise<Running> {
  const file = `${folder}/legwork.yaml`;
  await Deno.writeTextFile(
    file,
    [
      `listen: [udp:127.0.0.1:${port}]`,
      "unknown_peers: accept",
      `trunks: {pbx: {servers: ["sip:127.0.0.1:${pbx}"]}}`,
      "routes: [{to: [pbx]}]",
    ].join("\n"),
  );
  const args = ["run", "-P=workers", "mod.ts", "run", file, "--workers", "2"];
  const server = start(Deno.execPath(), [...args, "--drain", "1"], {
    withinMs: 60_000,
    cwd: ROOT,
  });
  for (let tries = 0; tries < 400; tries++) {
    if (server.said().includes("(2 workers)")) return server;
    await pause(25);
  }
  await server[Symbol.asyncDispose]();
  throw new Error(`the workers did not listen:\n${server.said()}`);
}

async function ended(server: Running): Promise<void> {
  server.signal("SIGTERM");
  const { code, output } = await server.ended;
  assertEquals(code, 0, output);
}

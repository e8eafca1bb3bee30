/** Two workers on one address, and a carrier that is one source address. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ask, type Legwork, legwork } from "./support/legwork.ts";
import { peerTest } from "./support/peer.ts";
import { pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

const CALLS = 200;
const HELD = 40;

peerTest(
  "SIPp: two workers carry the calls of one source, and outlive each other",
  [
    "sipp",
  ],
  async () => {
    {
      await using called = await callee({
        scenario: "callee_basic",
        calls: CALLS,
      });
      await using server = await twoWorkers(called.port);
      await call(server.port, {
        scenario: "caller_basic",
        calls: CALLS,
        rate: 40,
      });
      await called.finished();
      await until(() => endings(server.log()).length === CALLS);
      const all = endings(server.log());
      const carried = [0, 1].map((number) =>
        all.filter(({ worker }) => worker === number).length
      );
      assert(Math.min(...carried) > CALLS / 4, `${carried}`);
    }
    {
      await using called = await callee({
        scenario: "callee_cancel",
        calls: 6,
      });
      await using server = await twoWorkers(called.port);
      await call(server.port, { scenario: "caller_cancel", calls: 6 });
      await called.finished();
    }
    {
      await using called = await callee({
        scenario: "callee_basic",
        calls: 60,
      });
      await using server = await twoWorkers(called.port);
      const [, victim = ""] = /worker listens .*worker=1 pid=(\d+)/.exec(
        server.log(),
      ) ?? [];
      // All are up when the worker is killed, none has ended.
      const calls = call(server.port, {
        scenario: "caller_basic",
        calls: HELD,
        rate: 80,
        holdMs: 3_000,
      }).catch(() => {});
      await pause(1_500);
      assertEquals(endings(server.log()), []);
      const up = await ask("calls", "--control", `${server.port}`);
      assertEquals([up.code, up.out.at(-1)], [0, `${HELD} calls`]);
      for (const worker of ["w0-", "w1-"]) {
        assert(up.out.some((line) => line.startsWith(worker)), up.out[0]);
      }
      const one = await ask("calls", "--control", `${server.port}-w1`);
      assert(one.out.length < HELD);
      Deno.kill(Number(victim), "SIGKILL");
      await until(() => endings(server.log()).length > HELD / 4);
      await pause(1_000);
      const lived = endings(server.log());
      assert(lived.length < HELD, `${lived.length} of ${HELD} lived`);
      assert(
        lived.every(({ worker, status }) => worker === 0 && status === 200),
      );
      assertMatch(
        server.log(),
        /worker ended, it is started again .*signal=SIGKILL/,
      );
      // Both take new ones.
      await call(server.port, { scenario: "caller_basic", calls: 20 });
      const later = endings(server.log()).slice(lived.length);
      for (const worker of [0, 1]) {
        assert(later.some((ending) => ending.worker === worker));
      }
      await calls;
    }
  },
);

/** The calls that have ended, as the workers' log has them. */
function endings(log: string): { worker: number; status: number }[] {
  return log.split("\n").filter((line) => line.includes("call ended "))
    .map((line) => ({
      worker: Number(/ worker=(\d+)/.exec(line)?.[1]),
      status: Number(/ status=(\d+)/.exec(line)?.[1]),
    }));
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !isSo(); tries++) await pause(25);
  assert(isSo());
}

async function twoWorkers(pbx: number): Promise<Legwork> {
  return await legwork({
    servers: [`sip:127.0.0.1:${pbx}`],
    udp: "batched",
    workers: 2,
  });
}

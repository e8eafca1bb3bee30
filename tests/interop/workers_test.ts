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
        holdMs: 5_000,
      }).catch(() => {});
      const up = await allUp(server);
      for (const worker of ["w0-", "w1-"]) {
        assert(up.some((line) => line.startsWith(worker)), up[0]);
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

peerTest(
  "SIPp: two workers carry the calls of one TCP connection, and outlive each other",
  ["sipp"],
  async () => {
    const transport = "tcp";
    const tcp = ";transport=tcp";
    {
      await using called = await callee({
        scenario: "callee_basic",
        calls: CALLS,
        transport,
      });
      await using server = await twoWorkers(called.port, tcp);
      await call(server.port, {
        scenario: "caller_basic",
        calls: CALLS,
        rate: 40,
        transport,
      });
      await called.finished();
      await until(() => endings(server.log()).length === CALLS);
      const all = endings(server.log());
      for (const worker of [0, 1]) {
        const own = all.filter((ending) => ending.worker === worker);
        assert(own.length > CALLS / 4, `${own.length} at worker ${worker}`);
      }
      assert(all.every(({ status }) => status === 200));
    }
    {
      await using called = await callee({
        scenario: "callee_cancel",
        calls: 20,
        transport,
      });
      await using server = await twoWorkers(called.port, tcp);
      await call(server.port, {
        scenario: "caller_cancel",
        calls: 20,
        transport,
      });
      await called.finished();
    }
    {
      await using called = await callee({
        scenario: "callee_basic",
        calls: 1_000,
        transport,
      });
      await using server = await twoWorkers(called.port, tcp);
      const { calls, holder, callsOf } = await heldOverTcp(server);
      const own = callsOf(holder);
      Deno.kill(pids(server.log())[1 - holder]!, "SIGKILL");
      // All of the other's end as ever, on the connection that it holds.
      await until(() => endings(server.log()).length === own);
      assert(
        endings(server.log()).every(({ worker, status }) =>
          worker === holder && status === 200
        ),
      );
      await calls;
      assertEquals(endings(server.log()).length, own);
      // Both take new ones.
      await call(server.port, {
        scenario: "caller_basic",
        calls: 20,
        transport,
      });
      const later = endings(server.log()).slice(own);
      for (const worker of [0, 1]) {
        assert(later.some((ending) => ending.worker === worker));
      }
    }
  },
);

peerTest(
  "SIPp: the worker that holds the connection dies, the calls of the other go on over a new one",
  ["sipp"],
  async () => {
    const transport = "tcp";
    await using called = await callee({
      scenario: "callee_basic",
      calls: 1_000,
      transport,
    });
    await using server = await twoWorkers(called.port, ";transport=tcp");
    const { calls, holder, callsOf } = await heldOverTcp(server, {
      reconnects: true,
    });
    const other = 1 - holder;
    const own = callsOf(other);
    Deno.kill(pids(server.log())[holder]!, "SIGKILL");
    // SIPp sees that its connection is gone when it writes: that BYE, of either worker's call, is lost, and TCP has none
    // sent again.
    await until(() => endings(server.log()).length >= own - 1);
    assert(
      endings(server.log()).every(({ worker, status }) =>
        worker === other && status === 200
      ),
    );
    await calls;
    assert(endings(server.log()).length <= own);
  },
);

peerTest(
  "SIPp: a worker without calls keeps its connection for another's until all are drained",
  ["sipp"],
  async () => {
    const transport = "tcp";
    // Which worker has the connection is the kernel's choice, which has the call the hash's.
    for (let tries = 0; tries < 20; tries++) {
      // A new one each time: SIPp may not outlive the connections of the workers before.
      await using called = await callee({
        scenario: "callee_basic",
        calls: 1_000,
        transport,
      });
      const server = await twoWorkers(called.port, ";transport=tcp");
      const calling = call(server.port, {
        scenario: "caller_basic",
        calls: 1,
        holdMs: 2_500,
        transport,
      });
      let rows: string[] = [];
      while (!/answered/.test(rows[0] ?? "")) {
        rows = (await ask("calls", "--control", `${server.port}`)).out;
      }
      const isApart = !rows[0]!.startsWith(`w${holderOf(server)}-`);
      const ended = server[Symbol.asyncDispose]();
      await Promise.all([calling, ended]);
      assertEquals(endings(server.log()).map(({ status }) => status), [200]);
      if (isApart) return;
    }
    throw new Error("the worker with the connection had every call");
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

/** Calls that are up at both workers, over one TCP connection of the worker `holder`. */
async function heldOverTcp(
  server: Legwork,
  { reconnects = false }: { reconnects?: boolean } = {},
): Promise<{
  calls: Promise<unknown>;
  holder: number;
  callsOf: (worker: number) => number;
}> {
  const calls = call(server.port, {
    scenario: "caller_basic",
    calls: HELD,
    rate: 80,
    holdMs: 5_000,
    transport: "tcp",
    reconnects,
  }).catch(() => {});
  const lines = await allUp(server);
  const callsOf = (worker: number): number => {
    const own = lines.filter((line) => line.startsWith(`w${worker}-`)).length;
    assert(own > HELD / 8 && own < HELD, `${own} of ${HELD}`);
    return own;
  };
  return { calls, holder: holderOf(server), callsOf };
}

/** What `legwork calls` says of all workers once each call is up. */
async function allUp(server: Legwork): Promise<string[]> {
  for (;;) {
    const { code, out } = await ask("calls", "--control", `${server.port}`);
    const answered = out.filter((line) => line.includes("  answered ")).length;
    assertEquals([code, endings(server.log())], [0, []]);
    if (answered === HELD) return out;
  }
}

/** The pid of each worker. */
function pids(log: string): number[] {
  const found: number[] = [];
  for (const [, worker, pid] of log.matchAll(/worker=(\d+) pid=(\d+)/g)) {
    found[Number(worker)] = Number(pid);
  }
  return found;
}

/** The worker that has the one connection to a port of ours. */
function holderOf(server: Legwork): number {
  const port = server.port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = Deno.readTextFileSync("/proc/net/tcp").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) =>
      local === `0100007F:${port}` && state === "01"
    )
    .map((fields) => `socket:[${fields[9]}]`);
  assertEquals(inodes.length, 1);
  return pids(server.log()).findIndex((pid) =>
    [...Deno.readDirSync(`/proc/${pid}/fd`)].some(({ name }) =>
      inodes.includes(targetOf(`/proc/${pid}/fd/${name}`))
    )
  );
}

function targetOf(link: string): string {
  try {
    return Deno.readLinkSync(link);
  } catch {
    return "";
  }
}

async function twoWorkers(pbx: number, more = ""): Promise<Legwork> {
  return await legwork({
    drainSeconds: 4,
    servers: [`sip:127.0.0.1:${pbx}${more}`],
    udp: "batched",
    workers: 2,
  });
}

/** One control socket for all workers, which are stood in for by sockets of the test's. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ControlServer } from "../../../app/control/control_server.ts";
import type {
  ControlReply,
  ControlRequest,
} from "../../../app/control/protocol.ts";
import { ask } from "../../../app/control/ask.ts";
import { askWorkers } from "../../../app/workers/ask_workers.ts";
import type { CallState } from "../../../core/call/call_record.ts";

type Stand = (request: ControlRequest) => ControlReply;

/** Asks stand-ins; `hangs` accepts and says nothing, `away` is known not to run, `gone` is not there. */
async function asked(
  request: ControlRequest,
  stands: readonly (Stand | "hangs" | "away" | "gone")[],
): Promise<ControlReply> {
  const folder = Deno.makeTempDirSync({ prefix: "legwork-" });
  const open: { close(): void }[] = [];
  const sockets = stands.map((_, worker) => `${folder}/w${worker}.sock`);
  for (const [worker, stand] of stands.entries()) {
    const path = sockets[worker]!;
    if (stand === "hangs") {
      open.push(Deno.listen({ transport: "unix", path }));
    } else if (typeof stand === "function") {
      open.push(await ControlServer.open(path, stand));
    }
  }
  try {
    return await askWorkers(request, {
      sockets,
      isAway: (worker) => stands[worker] === "away",
      loadMs: 0,
      answerMs: stands.includes("hangs") ? 100 : 10_000,
    });
  } finally {
    for (const one of open) one.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

function call(id: string): CallState {
  return {
    id,
    from: "carrier",
    to: "pbx",
    startedAtMs: Date.now(),
    answeredAtMs: undefined,
    timers: [],
    media: undefined,
  };
}

function withCalls(ids: readonly string[], count = ids.length): Stand {
  return (request) => {
    assertEquals(request, { command: "calls", raw: true });
    const overload = {
      shedding: true,
      perSecond: 40,
      delayMs: 30,
      refused: 7,
    };
    const calls = ids.map(call);
    return {
      ok: true,
      lines: [],
      report: { of: "calls", calls, count, overload },
    };
  };
}

Deno.test("calls of all workers are one list, counted together", async () => {
  const { ok, lines, missing } = await asked({ command: "calls" }, [
    withCalls(["w0-one", "w0-two"]),
    withCalls(["w1-three"], 3),
  ]);
  assertEquals([ok, missing], [true, []]);
  assertMatch(
    lines.join("\n"),
    /^w0-one .*\nw0-two .*\nw1-three .*\n\.\.\. and 2 more\n5 calls\nworker 0: overload: 40 .*\nworker 1: overload: 40 .*$/,
  );
});

Deno.test("a worker that hangs, is away, gone or of another version is named", async () => {
  const { ok, lines, missing = [] } = await asked({ command: "calls" }, [
    withCalls(["w0-one"]),
    "hangs",
    "away",
    "gone",
    () => ({ ok: true, lines: ["1 call"] }),
  ]);
  assert(ok);
  assertEquals(lines.slice(1, 2), ["1 call"]);
  assertMatch(missing[0] ?? "", /^worker 1: .*: no answer within 100 ms$/);
  assertEquals(missing[1], "worker 2: it has ended and is started again");
  assertMatch(missing[2] ?? "", /^worker 3: .*: no Legwork listens there$/);
  assertMatch(missing[3] ?? "", /^worker 4: .* another version of Legwork$/);
  const none = await asked({ command: "calls" }, ["away", "away"]);
  assertEquals([none.ok, none.missing?.length], [false, 2]);
});

Deno.test("keep-alives have a column of workers, the peer heard of last first", async () => {
  const heard = (count: number, secondsAgo: number): Stand => () => ({
    ok: true,
    lines: [],
    report: {
      of: "keepalives",
      states: [{
        address: "udp:192.0.2.1:5060",
        kind: "options",
        count,
        secondsAgo,
      }],
      count: 1,
    },
  });
  const { lines } = await asked({ command: "keepalives" }, [
    heard(2, 9),
    heard(4, 1),
  ]);
  assertEquals(lines, [
    "address             trunk  kind     count  each  last       worker",
    "udp:192.0.2.1:5060  -      options  4      -     1.0 s ago  1",
    "udp:192.0.2.1:5060  -      options  2      -     9.0 s ago  0",
  ]);
});

Deno.test("a trunk has the calls of all, and each worker's finding of its addresses", async () => {
  const found = (condition: string, calls: number): Stand => () => ({
    ok: true,
    lines: [],
    report: {
      of: "trunks",
      count: 2,
      registrations: {},
      rtpengine: [{ name: "192.0.2.5:2223", up: true, weight: 1, calls }],
      trunks: [
        {
          name: "carrier",
          condition,
          calls,
          servers: [{
            uri: "sip:192.0.2.1",
            addresses: [{
              address: "udp:192.0.2.1:5060",
              condition,
              sinceMs: Date.now(),
              misses: 0,
            }],
          }],
        },
        { name: "pbx", condition: "down", calls: 0, servers: [] },
      ],
    },
  });
  const { lines } = await asked({ command: "trunks" }, [
    found("up", 3),
    found("down", 1),
  ]);
  assertEquals(lines, [
    "carrier  up at worker 0, down at worker 1, 4 calls",
    "  sip:192.0.2.1",
    "    udp:192.0.2.1:5060  up for 0 s  (worker 0)",
    "    udp:192.0.2.1:5060  down for 0 s  (worker 1)",
    "pbx  down, 0 calls",
    "2 trunks, 1 down, 1 down at some workers",
    "rtpengine 192.0.2.5:2223  up, 3 calls  (worker 0)",
    "rtpengine 192.0.2.5:2223  up, 1 call  (worker 1)",
  ]);
});

Deno.test("a reload is well only where all workers have done it, and says who has not", async () => {
  const well: Stand = () => ({ ok: true, lines: ["route.ts#2 loaded"] });
  const refuses: Stand = () => ({
    ok: false,
    lines: ["route.ts:3:1 no\n#1 stays"],
  });
  assertEquals(await asked({ command: "reload", to: 1 }, [well, well]), {
    ok: true,
    lines: ["worker 0: route.ts#2 loaded", "worker 1: route.ts#2 loaded"],
  });
  assertEquals(await asked({ command: "reload" }, [well, refuses, "away"]), {
    ok: false,
    lines: [
      "worker 0: route.ts#2 loaded",
      "worker 1: route.ts:3:1 no",
      "worker 1: #1 stays",
      "worker 2: it has ended and is started again",
      "done by 1 of 3 workers (0): new calls differ until all have done it",
    ],
  });
});

Deno.test("what is for one call reaches the worker that has it, and no other", async () => {
  const reached: number[] = [];
  const stand = (worker: number): Stand => () => {
    reached.push(worker);
    return { ok: worker === 1, lines: [`${worker}`] };
  };
  const keys = { command: "dtmf", leg: "a", keys: "1" } as const;
  const stands = [stand(0), stand(1)];
  const sent = await asked({ ...keys, call: "w1-abc" }, stands);
  assertEquals([sent.lines, reached], [["1"], [1]]);
  const lost = await asked({ ...keys, call: "w0-abc" }, ["away", stand(1)]);
  assertEquals(lost, {
    ok: false,
    lines: ["worker 0: it has ended and is started again"],
  });
  const none = await asked({ ...keys, call: "abcdef" }, stands);
  assertEquals([none.ok, reached], [false, [1]]);
  // A SIP Call-ID says nothing of its worker: all are asked.
  const told = await asked({ command: "explain", call: "a@b" }, stands);
  assertEquals([told.ok, told.lines], [true, ["1"]]);
  const unknown = await asked({ command: "explain", call: "a@b" }, [
    stand(0),
    "away",
  ]);
  assertEquals([unknown.ok, unknown.lines, unknown.missing?.length], [
    false,
    ["0"],
    1,
  ]);
});

Deno.test("what all workers say alike is said once", async () => {
  const none: Stand = () => ({ ok: true, lines: ["0 registrations"] });
  assertEquals(await asked({ command: "registrations" }, [none, none]), {
    ok: true,
    lines: ["0 registrations"],
    missing: [],
  });
});

Deno.test("a reply longer than a client reads is cut, and says so", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "legwork-" });
  const lines = Array(5_000).fill("x".repeat(1_000));
  const server = await ControlServer.open(
    `${folder}/one.sock`,
    () => ({ ok: true, lines }),
  );
  const reply = await ask(server.path, { command: "calls" });
  server.close();
  Deno.removeSync(folder, { recursive: true });
  assert(typeof reply !== "string" && reply.ok);
  assertEquals(
    reply.lines.at(-1),
    `... and ${5_000 - (reply.lines.length - 1)} more`,
  );
});

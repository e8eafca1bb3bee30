import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fixedPolicy, type Policy } from "../../../core/call/policy.ts";
import { parseSipUri } from "../../../core/message/uri.ts";
import {
  type LadderReport,
  runLadderFile,
} from "../../../app/ladder/run_ladder.ts";
import type { LadderConfig } from "../../../app/ladder/surroundings.ts";
import type { LoadedPolicy } from "../../../app/ladder/world.ts";

const CALL = `# A call
alice   -> legwork  INVITE
legwork -> alice    100
legwork -> bob      INVITE
bob     -> legwork  200 INVITE
legwork -> bob      ACK
legwork -> alice    200 INVITE
alice   -> legwork  ACK
`;

const HANG_UP = `alice   -> legwork  BYE
legwork -> alice    200 BYE
legwork -> bob      BYE
bob     -> legwork  200 BYE
`;

function run(
  text: string,
  parts: Partial<Parameters<typeof runLadderFile>[1]> = {},
): Promise<LadderReport> {
  return runLadderFile("flows/a.flow", {
    readText: () => Promise.resolve(text),
    ...parts,
  });
}

/** The first line of each failure. */
async function failuresOf(text: string): Promise<string[]> {
  const { failures } = await run(text);
  return failures.map((failure) => failure.split("\n")[0] ?? "");
}

function loaded(policy: Policy, leftovers: string[] = []): LoadedPolicy {
  return {
    source: fixedPolicy(policy),
    leftovers: () => leftovers,
    close: () => {},
  };
}

Deno.test("a ladder that happens as written passes, in every world", async () => {
  const report = await run(CALL + HANG_UP);
  assertEquals(report.failures, []);
  assert(report.ok);
  assertEquals(report.title, "A call");
  // Eleven messages, each lost, doubled and late.
  assertEquals(report.runs, 1 + 3 * 11);
  assertStringIncludes(report.drawing, "200 INVITE");
});

Deno.test("the same ladder runs the same way every time", async () => {
  const first = await run(CALL + HANG_UP);
  const second = await run(CALL + HANG_UP);
  assertEquals(first, second);
});

Deno.test("a message that is no line fails the run, both ladders beside each other", async () => {
  const { ok, failures, runs } = await run(
    CALL.replace("legwork -> bob      ACK\n", "") + HANG_UP,
  );
  assert(!ok);
  assertEquals(runs, 1);
  assertEquals(
    failures[0]?.split("\n").slice(0, 9).map((line) => line.trimEnd()),
    [
      'flows/a.flow:6:1: "legwork -> bob  ACK" was sent, wanted "legwork -> alice    200 INVITE"',
      "",
      "  expected                              | actual",
      "  alice  -> legwork  INVITE             | 0.000  alice -> legwork  INVITE",
      "  legwork -> alice  100                 | 0.005  legwork -> alice  100 INVITE",
      "  legwork -> bob  INVITE                | 0.005  legwork -> bob  INVITE",
      "  bob  -> legwork  200 INVITE           | 0.010  bob -> legwork  200 INVITE",
      ">                                       | 0.015  legwork -> bob  ACK",
      "  legwork -> alice  200 INVITE          | 0.015  legwork -> alice  200 INVITE",
    ],
  );
});

Deno.test("a line that does not come to pass fails the run", async () => {
  assertEquals(
    await failuresOf(CALL + "legwork -> alice    BYE\n"),
    [
      'flows/a.flow:9:1: nothing was sent for 200 ms, wanted "legwork -> alice    BYE"',
    ],
  );
});

Deno.test("what a line says of a message is checked", async () => {
  assertEquals(
    await failuresOf(
      CALL.replace(
        "legwork -> bob      INVITE",
        "legwork -> bob      INVITE  Max-Forwards: 70  X-A: absent  sdp: none",
      ),
    ),
    [
      'flows/a.flow:4:1: "legwork -> bob      INVITE  Max-Forwards: 70  X-A: absent  sdp: none": ' +
      'Max-Forwards is "69", wanted "70"; there is a body, wanted no session description',
    ],
  );
});

Deno.test("a call that is up at the end must be meant to be", async () => {
  assertEquals(await failuresOf(CALL), [
    "flows/a.flow:8:1: the call is not over, wanted it ended (or the setting `end: established`)",
  ]);
  assertEquals(await failuresOf(`end: established\n${CALL}`), []);
  assertEquals(await failuresOf(`end: established\n${CALL}${HANG_UP}`), [
    "flows/a.flow:13:1: the call is over, wanted it established",
  ]);
});

Deno.test("a wait is met neither earlier nor later", async () => {
  const ladder = (wait: string): string =>
    `timers: no_answer=20
alice -> legwork  INVITE
legwork -> alice  100
legwork -> bob  INVITE
bob -> legwork  180 INVITE
legwork -> alice  180 INVITE
wait ${wait}
legwork -> bob  CANCEL
& legwork -> alice  480 INVITE
bob -> legwork  200 CANCEL
& alice -> legwork  ACK
bob -> legwork  487 INVITE
legwork -> bob  ACK
`;
  assertEquals(await failuresOf(ladder("20s")), []);
  assertEquals(await failuresOf(ladder("19s..21s")), []);
  assertEquals(await failuresOf(ladder("21s")), [
    'flows/a.flow:8:1: "legwork -> bob  CANCEL" came after 19990 ms, wanted 21000 ms',
  ]);
  assertEquals(await failuresOf(ladder("10s")), [
    'flows/a.flow:8:1: nothing was sent for 10050 ms, wanted "legwork -> bob  CANCEL" and "& legwork -> alice  480 INVITE"',
  ]);
});

Deno.test("an end that depends on luck fails in the harsher worlds, unless only agreement is asked for", async () => {
  const race = `${CALL}alice   -> legwork  BYE
bob     -> legwork  BYE             crossing
legwork -> alice    200 BYE
& legwork -> bob      200 BYE
& legwork -> bob      BYE
bob     -> legwork  200 BYE
`;
  const failures = await failuresOf(race);
  assertEquals(
    failures[0],
    'flows/a.flow:14:1: "legwork -> alice  BYE" was sent, which is no line of the ladder (with "alice -> legwork  BYE" lost)',
  );
  assertEquals(await failuresOf(`harsh: agree\n${race}`), []);
  assertEquals(await failuresOf(`harsh: off\n${race}`), []);
});

Deno.test("a harsher world that ends otherwise is told with both ends", async () => {
  let runs = 0;
  const { failures } = await run(
    `script: moody.ts
alice -> legwork  INVITE
legwork -> alice  100
? legwork -> alice  480 INVITE
? legwork -> alice  486 INVITE
alice -> legwork  ACK
`,
    {
      loadScript: () => {
        const status = runs++ === 0 ? 480 : 486;
        return Promise.resolve(
          loaded({ onInvite: () => ({ action: "reject", status }) }),
        );
      },
    },
  );
  assertEquals(
    failures[0]?.split("\n")[0],
    "flows/a.flow:6:1: it ended with alice sent INVITE: 486, call alice to nobody: 486, rejected by legwork, " +
      "wanted alice sent INVITE: 480, call alice to nobody: 480, rejected by legwork " +
      '(with "alice -> legwork  INVITE" lost)',
  );
});

Deno.test("a peer cannot be told to do what it has no reason for", async () => {
  assertEquals(await failuresOf("alice -> legwork  200 INVITE\n"), [
    'flows/a.flow:1:1: cannot send "alice -> legwork  200 INVITE": alice has received no INVITE to answer',
  ]);
  assertEquals(await failuresOf("alice -> legwork  CANCEL\n"), [
    'flows/a.flow:1:1: cannot send "alice -> legwork  CANCEL": there is no INVITE to cancel',
  ]);
});

Deno.test("a script is loaded for each run from beside the ladder, and nothing of it may be left", async () => {
  const rejecting = `script: away.ts
alice   -> legwork  INVITE
legwork -> alice    100
legwork -> alice    480 INVITE
alice   -> legwork  ACK
`;
  const policy: Policy = {
    onInvite: () => Promise.resolve({ action: "reject", status: 480 }),
  };
  const paths: string[] = [];
  const report = await run(rejecting, {
    loadScript: (path) => {
      paths.push(path);
      return Promise.resolve(loaded(policy));
    },
  });
  assertEquals(report.failures, []);
  assertEquals(paths.length, report.runs);
  assertEquals(new Set(paths), new Set(["flows/away.ts"]));

  const { failures } = await run(rejecting, {
    loadScript: () => Promise.resolve(loaded(policy, ["1 users of away.ts#1"])),
  });
  assertStringIncludes(
    failures[0] ?? "",
    "1 users of away.ts#1 left, wanted nothing left",
  );
});

Deno.test("a configuration gives trunks, routes and addresses", async () => {
  const config: LadderConfig = {
    listen: [{ name: "UDP", host: "127.0.0.1", port: 5060 }],
    trunks: ["alice", "bob"].map((name, index) => ({
      name,
      servers: [parseSipUri(`sip:127.0.0.1:${5070 + index}`)!],
    })),
    routes: [{ from: ["alice"], to: ["bob"] }],
    unknownPeers: "reject",
    onInviteFault: "route",
    timers: {},
    times: {},
  };
  const text = `config: legwork.yaml\n${CALL}${HANG_UP}`
    .replace("-> bob      INVITE", "-> bob      INVITE  uri: ~127.0.0.1:5071");
  const report = await run(text, {
    loadConfig: () => Promise.resolve({ config }),
  });
  assertEquals(report.failures, []);
});

Deno.test("what cannot be read or loaded is in the report", async () => {
  const missing = await runLadderFile("a.flow", {
    readText: () => Promise.reject(new Error("no such file")),
  });
  assertEquals(missing.failures, ["a.flow: no such file"]);
  const broken = await run("alice -> legwork");
  assertEquals(broken.runs, 0);
  assertStringIncludes(
    broken.failures[0] ?? "",
    "flows/a.flow:1:17: nothing is sent",
  );
  const scriptless = await run(`script: a.ts\n${CALL}`);
  assertEquals(scriptless.failures, [
    "flows/a.flow: Cannot run ladder: no way to load a.ts",
  ]);
});

Deno.test("the ladders of docs/flows.md run", async () => {
  const page = await Deno.readTextFile(
    new URL("../../../docs/flows.md", import.meta.url),
  );
  const ladders = [...page.matchAll(/^```flow\n(.*?)^```$/gms)];
  assertEquals(ladders.length, 4);
  for (const [, text = ""] of ladders) {
    assertEquals((await run(text)).failures.join("\n"), "");
  }
});

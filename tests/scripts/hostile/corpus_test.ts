/**
 * Every script of the corpus against whole calls: the first is the one it harms, or tries to, and goes on by the
 * default; the fault is counted and logged with its place; the second call is served by the same script.
 */

import { assert, assertEquals } from "@std/assert";
import { parseLadder } from "../../../app/ladder/parse.ts";
import { runLadder } from "../../../app/ladder/run_ladder.ts";
import type { PolicySurroundings } from "../../../app/ladder/world.ts";
import { MemoryStore } from "../../../core/base/memory_store.ts";
import { ScriptHost } from "../../../scripts/revisions.ts";
import { memoryFiles, RecordingObserver, testWorld } from "../world.ts";
import { CORPUS, type Hostile } from "./corpus.ts";

for (const hostile of CORPUS) {
  Deno.test(`a call survives ${hostile.name}`, async () => {
    const observer = new RecordingObserver();
    let host: ScriptHost | undefined;
    const { ladder, problems } = parseLadder(flow(hostile), "hostile.flow");
    assertEquals(problems, []);
    const report = await runLadder(ladder!, {
      harsh: false,
      policy: async (surroundings) => {
        host = await load(hostile, { ...surroundings, observer });
        const { revision } = host;
        return {
          source: host,
          leftovers: () => revision.users > 0 ? ["users of the script"] : [],
          close: () => host?.dispose(),
        };
      },
    });
    assertEquals(report.failures.join("\n"), "");
    const { counters, records } = observer;
    assertEquals(counters.get("script_engine_leaks"), undefined);
    const kinds = [...counters.keys()].flatMap((name) =>
      /^script_faults_(\w+)$/.exec(name)?.[1] ?? []
    );
    if (hostile.fault === undefined) return assertEquals(kinds, []);
    assert((counters.get("script_faults") ?? 0) > 0, "no fault was counted");
    const wanted = hostile.fault.split(",");
    assert(
      kinds.every((kind) => wanted.includes(kind)),
      `the fault was ${kinds}, wanted ${wanted}`,
    );
    const line = records.find(({ text }) => text === "script fault");
    assert(
      /^route\.ts:\d+:\d+: ./.test(String(line?.fields?.fault)),
      `no place in "${line?.fields?.fault}"`,
    );
  });
}

async function load(
  hostile: Hostile,
  { clock, random, observer }: Pick<PolicySurroundings, "clock" | "random"> & {
    observer: RecordingObserver;
  },
): Promise<ScriptHost> {
  const limits = {
    hookMs: 15,
    faults: 1_000,
    memoryBytes: 8 * 1024 * 1024,
  };
  const plain = await testWorld(limits);
  const world = {
    ...plain,
    clock,
    random,
    observer,
    reach: { store: new MemoryStore(clock) },
  };
  const files = { "route.ts": scriptOf(hostile) };
  return await ScriptHost.load(world, memoryFiles(files), "route.ts");
}

/** The hook does its harm to the caller "evil" and to nobody else. */
function scriptOf({ hook, code }: Hostile): string {
  if (hook === undefined) return code;
  const imports = `import { fetch, sleep, store } from "legwork";\n`;
  const plane = /^(inbound|outbound)\[(.*)\]$/.exec(hook);
  const alive = `"180 INVITE": (message) => {
    message.headers.set("X-Alive", "yes");
  },`;
  if (plane === null) {
    return `${imports}
export const outbound = { ${alive} };
export function ${hook}(call) {
  if (call.from.user !== "evil") return;
  ${code}
}`;
  }
  const harm = `${plane[2]}: (message, leg) => {
    if (message.from.user !== "evil") return;
    ${code}
  },`;
  return plane[1] === "inbound"
    ? `${imports}export const inbound = { ${harm} };
export const outbound = { ${alive} };`
    : `${imports}export const outbound = { ${alive} ${harm} };`;
}

function flow({ hook, fault }: Hostile): string {
  const waits = hook === "onInvite" && fault === "wait";
  return `carrier -> legwork  INVITE  call: one  From: <sip:evil@c.example>;tag=a1
legwork -> carrier  100  call: one
${waits ? "wait 5s\n" : ""}${answered("one", "")}
${hook === "onEnd" && fault === "wait" ? "wait 5s" : "wait 1s"}
carrier -> legwork  INVITE  call: two  From: <sip:good@c.example>;tag=a2
legwork -> carrier  100  call: two
${answered("two", hook === undefined ? "" : "X-Alive: yes")}
`;
}

function answered(call: string, ringing: string): string {
  return `legwork -> pbx      INVITE  call: ${call}
pbx     -> legwork  180 INVITE  call: ${call}
legwork -> carrier  180 INVITE  call: ${call}  ${ringing}
pbx     -> legwork  200 INVITE  call: ${call}
legwork -> pbx      ACK  call: ${call}
legwork -> carrier  200 INVITE  call: ${call}
carrier -> legwork  ACK  call: ${call}
carrier -> legwork  BYE  call: ${call}
legwork -> carrier  200 BYE  call: ${call}
legwork -> pbx      BYE  call: ${call}
pbx     -> legwork  200 BYE  call: ${call}`;
}

/** A thousand reloads while calls come, ring, talk and end: none is lost, and one sandbox is left. */

import { assert, assertEquals } from "@std/assert";
import { parseLadder } from "../../app/ladder/parse.ts";
import { runLadder } from "../../app/ladder/run_ladder.ts";
import { MemoryStore } from "../../core/base/memory_store.ts";
import { ScriptHost } from "../../scripts/revisions.ts";
import { memoryFiles, RecordingObserver, testWorld } from "./world.ts";

const RELOADS = 1_000;
/** Reloads while one ladder of three calls runs. */
const RELOADS_A_LADDER = 25;

const CALLS = ["one", "two", "three"];
/** Each call begins before the one before it has ended. */
const LADDER = [
  ...CALLS.flatMap((call) => [
    `carrier -> legwork  INVITE  call: ${call}`,
    `legwork -> carrier  100  call: ${call}`,
    `legwork -> pbx      INVITE  call: ${call}  X-Revision: ~`,
    `pbx     -> legwork  180 INVITE  call: ${call}`,
    `legwork -> carrier  180 INVITE  call: ${call}`,
    "wait 1s",
  ]),
  ...CALLS.flatMap((call) => [
    `pbx     -> legwork  200 INVITE  call: ${call}`,
    `legwork -> pbx      ACK  call: ${call}`,
    `legwork -> carrier  200 INVITE  call: ${call}`,
    `carrier -> legwork  ACK  call: ${call}`,
    "wait 1s",
  ]),
  ...CALLS.flatMap((call) => [
    `carrier -> legwork  BYE  call: ${call}`,
    `legwork -> carrier  200 BYE  call: ${call}`,
    `legwork -> pbx      BYE  call: ${call}`,
    `pbx     -> legwork  200 BYE  call: ${call}`,
    "wait 1s",
  ]),
].join("\n");

function version(number: number): string {
  return `import { route, sleep, store } from "legwork";
    export async function onLoad() { await store.set("revision", ${number}); }
    export async function onInvite(call) {
      call.vars.revision = ${number};
      await sleep(50);
      return route("pbx");
    }
    export function onEnd(call) { if (call.vars.revision !== ${number}) call.vars.moved = true; }
    export const outbound = { INVITE: (message) => message.headers.set("X-Revision", "${number}") };`;
}

Deno.test("a thousand reloads under calls lose no call and no memory", async () => {
  const observer = new RecordingObserver();
  const files: Record<string, string> = {};
  const { ladder, problems } = parseLadder(LADDER, "soak.flow");
  assertEquals(problems, []);
  const used: number[] = [];
  let reloads = 0;
  for (let round = 0; round < RELOADS / RELOADS_A_LADDER; round++) {
    files["route.ts"] = version(reloads);
    const report = await runLadder(ladder!, {
      harsh: false,
      policy: async ({ clock, random }) => {
        const plain = await testWorld();
        const reach = { store: new MemoryStore(clock) };
        const world = { ...plain, clock, random, observer, reach };
        const host = await ScriptHost.load(
          world,
          memoryFiles(files),
          "route.ts",
        );
        // On the calls' own clock: 25 times while they last, the next when the last is done.
        const saving = {
          left: RELOADS_A_LADDER,
          onTimer(): void {
            if (this.left-- === 0) return;
            files["route.ts"] = version(++reloads);
            host.reload().then(() => clock.schedule(300, saving, "save"));
          },
        };
        clock.schedule(10, saving, "save");
        return {
          source: host,
          leftovers: () =>
            host.alive === 1 && host.revision.users === 0
              ? []
              : [`${host.alive} revisions, ${host.revision.users} users`],
          close: () => host.dispose(),
        };
      },
    });
    assertEquals(report.failures.join("\n"), "");
    used.push(Deno.memoryUsage().rss);
  }
  assertEquals(reloads, RELOADS);
  for (const counter of ["script_faults", "script_engine_leaks"]) {
    assertEquals(observer.counters.get(counter), undefined, counter);
  }
  assert(
    (observer.counters.get("script_revisions_taken_over") ?? 0) > 0,
    "no call outlived three revisions",
  );
  // A sandbox kept by mistake has 16 MiB of its own: a hundred of them would show.
  const [early = 0, late = 0] = [used[used.length >> 1], used.at(-1)];
  assert(late - early < 256 * 1024 * 1024, `${late - early} bytes more`);
});

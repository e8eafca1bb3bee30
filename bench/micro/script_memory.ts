/**
 * What a script weighs: resident memory of the process before and after 40 scripts of 200 lines are loaded and have
 * run. `deno run -A bench/micro/script_memory.ts`
 */

import { fakeLeg, FakeMessage } from "../../tests/scripts/fake_views.ts";
import { memoryFiles, testWorld } from "../../tests/scripts/world.ts";
import { ScriptHost } from "../../scripts/revisions.ts";

const SCRIPTS = 40;
const SCRIPT = [
  ...Array.from(
    { length: 195 },
    (_, i) => `export const rule${i} = "+49${i}";`,
  ),
  `export const inbound = {`,
  `  INVITE: (message) => message.headers.set("X-Note", rule1),`,
  `};`,
].join("\n");

const world = await testWorld();

async function load(): Promise<ScriptHost> {
  const files = memoryFiles({ "route.ts": SCRIPT });
  const host = await ScriptHost.load(world, files, "route.ts");
  for (let i = 0; i < 1_000; i++) {
    host.acquire().inbound!.INVITE!(new FakeMessage(), fakeLeg());
  }
  return host;
}

const hosts = [await load()];
const before = Deno.memoryUsage().rss;
while (hosts.length <= SCRIPTS) hosts.push(await load());
const bytes = (Deno.memoryUsage().rss - before) / SCRIPTS;
console.log(`${(bytes / 1024 / 1024).toFixed(2)} MiB a script`);
for (const host of hosts) host.dispose();

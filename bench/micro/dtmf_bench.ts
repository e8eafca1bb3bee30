/** What keys cost for each packet. `deno bench bench/micro/dtmf_bench.ts` */

import { steps } from "./dtmf_steps.ts";

for (const { name, run } of steps()) Deno.bench(name, run);

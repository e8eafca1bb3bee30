/**
 * What is left of the peak when twice as much is offered: SIPp finds the highest rate at which no call fails or is
 * refused and under 0.1 % of the messages are sent again, then doubles it. Needs sipp and Linux.
 *
 * Run: `deno run -A bench/overload.ts [--udp plain|batched] [--from RATE] [--seconds N]`.
 */

import { parseArgs } from "node:util";
import { servers } from "./calls/server.ts";
import { type Outcome, Session } from "./calls/session.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    udp: { type: "string", default: "batched" },
    from: { type: "string", default: "1000" },
    seconds: { type: "string", default: "10" },
  },
});
const from = Number(options.from);
const seconds = Number(options.seconds);
const udp = options.udp === "plain" ? "plain" : "batched";
const STEP = 1.15;
const LEAST = 50;
const MESSAGES_PER_CALL = 14;

if (!(from >= LEAST) || !(seconds > 0)) {
  console.error(
    `--from is "${options.from}" and --seconds "${options.seconds}", wanted ${LEAST} calls/s or more, and a time`,
  );
  Deno.exit(1);
}

const open = servers([udp]).find(([name]) => name === `no script, ${udp}`)![1];
await using session = await Session.open(open);
await session.offer({ calls: 15_000, perSecond: 1000 });

console.log("| offered/s | completed/s | failed | refused | retransmitted |");
console.log("| --- | --- | --- | --- | --- |");
let peak = 0;
for (let rate = from; rate >= LEAST;) {
  const got = await offer(Math.round(rate), seconds / 2);
  if (isClean(got)) peak = goodput(got);
  else if (peak > 0) break;
  // Where the first is too much already, the way is down.
  rate *= peak > 0 ? STEP : 1 / STEP;
}
if (peak === 0) {
  console.log(`\nnot clean at ${LEAST} calls/s either`);
  Deno.exit(1);
}
const got = await offer(Math.round(2 * peak), seconds);
const share = 100 * goodput(got) / peak;
console.log(
  `\npeak ${peak.toFixed(0)} calls/s; at twice that ${
    share.toFixed(0)
  } % of it`,
);

async function offer(perSecond: number, during: number): Promise<Outcome> {
  const calls = Math.round(perSecond * during);
  const got = await session.offer({ calls, perSecond });
  const { failed, refused, retransmitted } = got;
  const cells = [
    ...[perSecond, goodput(got).toFixed(0)],
    ...[failed, refused, retransmitted],
  ];
  console.log(`| ${cells.join(" | ")} |`);
  return got;
}

function isClean(got: Outcome): boolean {
  return got.failed === 0 && got.refused === 0 &&
    got.retransmitted < got.completed * MESSAGES_PER_CALL / 1000;
}

function goodput({ completed, seconds }: Outcome): number {
  return completed / seconds;
}

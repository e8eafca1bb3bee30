/** What several workers can have in common, and each one's share. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readArgs } from "../../app/args.ts";
import { parseConfig } from "../../app/config/config.ts";
import type { Config } from "../../app/config/schema.ts";
import { MarkedRandom } from "../../app/workers/marked_random.ts";
import { readAnnouncement, readOrder } from "../../app/workers/lines.ts";
import { unshareable } from "../../app/workers/unshareable.ts";
import {
  configOf,
  parseWorker,
  portsOf,
} from "../../app/workers/worker_place.ts";
import { seededRandom } from "../../core/base/random.ts";
import { workerMark } from "../../core/transport/owner_scan.ts";

function configuration(text: string): Config {
  const { config, problems } = parseConfig(text, "legwork.yaml", {
    fileExists: () => true,
    whyUnwritable: () => undefined,
    environment: () => ({ value: "secret" }),
  });
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}

Deno.test("--workers is 2 to 64, --worker a place among as many", () => {
  const asked = readArgs(["run", "legwork.yaml", "--workers", "4"]);
  assertEquals(asked.name === "run" && asked.workers, 4);
  for (const wrong of ["1", "65", "x"]) {
    const { name } = readArgs(["run", "legwork.yaml", "--workers", wrong]);
    assertEquals(name, "wrong");
  }
  assertEquals(parseWorker("3/4"), { number: 3, of: 4 });
  for (const wrong of ["4/4", "0/1", "0/65", "1", "-1/4"]) {
    assertEquals(parseWorker(wrong), undefined);
  }
});

Deno.test("what cannot be shared is named, and what to do", () => {
  const problems = unshareable(
    configuration(`
listen: [udp:127.0.0.1:5060, tcp:127.0.0.1:5060, tcp:127.0.0.1:0, "tls:127.0.0.1:5061"]
registrar: {domains: [example.com], users: {bob: {password_env: X}}}
trunks:
  phone: {dynamic: true, aor: bob}
  nat: {servers: ["sip:127.0.0.1:5080"], keepalive: {method: stun}}
`),
    2,
  ).map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
  assertStringIncludes(
    problems,
    "listen.3: Cannot share tls:127.0.0.1:5061 between",
  );
  assertStringIncludes(problems, "Cannot share tcp:127.0.0.1:0 between");
  assertEquals(problems.includes("tcp:127.0.0.1:5060"), false);
  for (
    const what of [
      "registrar: Cannot share the registrar between workers",
      "trunks.phone.dynamic: Cannot share trunk phone between workers",
      "trunks.nat.keepalive: Cannot share trunk nat between workers",
    ]
  ) assertStringIncludes(problems, what);
});

Deno.test("workers have media ports apart and a control socket each", () => {
  const config = configuration("listen: [udp:127.0.0.1:5060]");
  assertEquals(configOf(config, undefined), config);
  const { control } = configOf(config, { number: 1, of: 2 });
  assertMatch(control, /\/5060-w1\.sock$/);
  let next = 20_002;
  for (const number of [0, 1, 2]) {
    const { first, last } = portsOf({ first: 20_001, last: 20_050 }, {
      number,
      of: 3,
    });
    assertEquals([first, (last - first + 1) % 2], [next, 0]);
    next = last + 1;
  }
  assertEquals(next <= 20_051, true);
});

Deno.test("tokens bear the mark, and what is said is read again", () => {
  const random = new MarkedRandom(seededRandom(1), workerMark(5));
  assertEquals(random.token(), `w5-${seededRandom(1).token()}`);
  const order = {
    say: "peers",
    ports: [4000, null],
    links: [5000, null],
  } as const;
  assertEquals(readOrder(JSON.stringify(order)), order);
  assertEquals(readOrder("{"), undefined);
  const announcement = {
    channel: 1,
    link: 2,
    listeners: ["udp:127.0.0.1:5060"],
  };
  assertEquals(readAnnouncement(JSON.stringify(announcement)), announcement);
  assertEquals(readAnnouncement("legwork listening"), undefined);
});

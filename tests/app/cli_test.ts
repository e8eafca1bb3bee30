/** What an operator sees of the commands that end by themselves: exact words and exit codes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { helpText } from "../../app/help.ts";
import { VERSION } from "../../app/version.ts";
import settings from "../../deno.json" with { type: "json" };
import { Folder, legwork } from "./support/cli.ts";

const ROUTE = `import { route } from "legwork";
export function onInvite() {
  return route("pbx");
}
`;

Deno.test("version is that of deno.json", async () => {
  assertEquals(VERSION, settings.version);
  const { code, out } = await legwork(["version"]);
  assertEquals({ code, out }, { code: 0, out: [`legwork ${VERSION}`] });
});

Deno.test("help is the page, and needs no command", async () => {
  const page = helpText().trimEnd().split("\n");
  assertEquals(await legwork([]), { code: 0, out: page, err: [] });
  assertEquals(
    (await legwork(["help", "run"])).out,
    helpText("run").trimEnd().split("\n"),
  );
});

Deno.test("wrong usage is one line for each mistake, and exit code 2", async () => {
  assertEquals(await legwork(["chekc", "route.ts"]), {
    code: 2,
    out: [],
    err: [
      "legwork: unknown command chekc, did you mean check?",
      "Try: legwork help",
    ],
  });
  assertEquals(await legwork(["run", "--drain", "soon", "x.ts"]), {
    code: 2,
    out: [],
    err: [
      'legwork: --drain is "soon", wanted a whole number from 0 to 86400',
      "Try: legwork help run",
    ],
  });
});

Deno.test("check: what is right is said to be, with what has no effect yet", async () => {
  using folder = new Folder({
    "route.ts": ROUTE,
    "legwork.yaml": `listen: [udp:127.0.0.1:5060, tls:127.0.0.1:5061]
trunks:
  pbx: {servers: sip:127.0.0.1:5080, media: rtpengine}
routes: {to: pbx}
rtpengine: {servers: [127.0.0.1:2223, {address: "[::1]:2223", weight: 2}]}
scripts: route.ts
`,
  });
  const { path: cwd } = folder;
  assertEquals(await legwork(["check", "legwork.yaml"], { cwd }), {
    code: 0,
    out: [
      'legwork.yaml:1:30: listen[1]: "tls:127.0.0.1:5061" is accepted but not used by this version: nothing listens there',
      "legwork.yaml: no mistakes",
    ],
    err: [],
  });
});

Deno.test("check: mistakes of configurations and scripts, with line and caret", async () => {
  using folder = new Folder({
    "legwork.yaml": `listen: udp:127.0.0.1:5060
routs: []
`,
    "hook.ts": ROUTE.replace("onInvite", "onInvit"),
    "throws.ts": `import { route } from "legwork";
throw new TypeError("no luck with " + typeof route);
`,
    "broken.ts": `const a = 1;
const b = = 2;
`,
  });
  const { path: cwd } = folder;
  const files = ["legwork.yaml", "hook.ts", "throws.ts", "broken.ts", "no.ts"];
  const { code, out, err } = await legwork(["check", ...files], { cwd });
  assertEquals({ code, out }, { code: 1, out: [] });
  const [broken, ...shown] = err.splice(9, 3);
  assertMatch(broken ?? "", /^broken\.ts:2:\d+: SyntaxError: /);
  assertMatch(shown.join("\n"), /^ {2}2 \| const b = = 2;\n +\^$/);
  assertEquals(err, [
    'legwork.yaml:2:1: unknown key "routs", did you mean routes?',
    "  2 | routs: []",
    "      ^",
    "hook.ts:2:8: Cannot use export onInvit: there is no such hook, did you mean onInvite?",
    "  2 | export function onInvit() {",
    "             ^",
    "throws.ts:2:20: TypeError: no luck with function",
    '  2 | throw new TypeError("no luck with " + typeof route);',
    "                         ^",
    "Cannot read script no.ts: there is no such file",
    "5 mistakes",
  ]);
});

Deno.test("run: what cannot be started is one message and exit code 1", async () => {
  using folder = new Folder({
    "loops.ts": "for (;;);\n",
    "tls.yaml": "listen: tls:127.0.0.1:5061\n",
    "bad.yaml": "listen: [udp:127.0.0.1\n",
  });
  const { path: cwd } = folder;
  assertEquals(await legwork(["no.yaml"], { cwd }), {
    code: 1,
    out: [],
    err: ["no.yaml: there is no such file"],
  });
  assertEquals(await legwork(["run", "no.ts"], { cwd }), {
    code: 1,
    out: [],
    err: ["no.ts: there is no such file"],
  });
  const exposed = ["loops.ts", "--listen", "udp:0.0.0.0:0"];
  assertEquals((await legwork(exposed, { cwd })).err, [
    "--listen udp:0.0.0.0:0 can be reached by others, wanted --trunk NAME=URI for who may call, or --open for anyone",
  ]);
  const loops = await legwork(["loops.ts"], { cwd });
  assertEquals([loops.code, loops.err.length], [1, 1]);
  assertMatch(loops.err[0] ?? "", /loops\.ts.* took longer than 1000 ms/);
  const tls = await legwork(["tls.yaml"], { cwd });
  assertEquals(tls.code, 1);
  assertEquals(
    tls.err.at(-1),
    "listen has neither udp nor tcp, wanted at least one listener that this version can open",
  );
  const bad = await legwork(["bad.yaml"], { cwd });
  assertEquals(bad.code, 1);
  assertMatch(bad.err[0] ?? "", /^bad\.yaml:\d+:\d+: not valid YAML: /);
});

Deno.test("run: a port in use is named", async () => {
  using folder = new Folder({ "route.ts": ROUTE });
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const { port } = socket.addr as Deno.NetAddr;
  const listen = `udp:127.0.0.1:${port}`;
  try {
    const outcome = await legwork(["route.ts", "--listen", listen], {
      cwd: folder.path,
    });
    assertEquals(outcome, {
      code: 1,
      out: [],
      err: [`Cannot listen on ${listen}: the port is in use`],
    });
  } finally {
    socket.close();
  }
});

Deno.test("test: a ladder with its script, and one that fails", async () => {
  using folder = new Folder({
    "route.ts": ROUTE,
    "good.flow": `# Everything goes to the PBX
script: route.ts

carrier -> legwork  INVITE
legwork -> carrier  100
legwork -> pbx      INVITE
pbx     -> legwork  486 INVITE
legwork -> pbx      ACK
legwork -> carrier  486 INVITE
carrier -> legwork  ACK
`,
    "bad.flow": `# It is not busy
script: route.ts

carrier -> legwork  INVITE
legwork -> carrier  100
legwork -> pbx      INVITE
pbx     -> legwork  486 INVITE
legwork -> pbx      ACK
legwork -> carrier  480 INVITE
carrier -> legwork  ACK
`,
  });
  const { path: cwd } = folder;
  const good = await legwork(["test", "good.flow"], { cwd });
  assertEquals([good.code, good.err], [0, []]);
  assertMatch(
    good.out[0] ?? "",
    /^ok {2}good\.flow in \d+ worlds {2}Everything goes to the PBX$/,
  );
  assertEquals(good.out.at(-1), "1 ladder, all well");

  const both = await legwork(["test", ".", "--strict"], { cwd });
  assertEquals(both.code, 1);
  assert(both.out.some((line) => line.startsWith("FAILED  ./bad.flow")));
  assertMatch(both.err[0] ?? "", /^\.\/bad\.flow:9:\d+: .*486 INVITE/);
  assertEquals(both.out.at(-1), "2 ladders, 1 failed");
});

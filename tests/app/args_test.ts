import { assert, assertEquals } from "@std/assert";
import { readArgs } from "../../app/args.ts";
import { helpText } from "../../app/help.ts";

Deno.test("a file as first argument is run", () => {
  const asked = readArgs(["route.ts"]);
  assertEquals(asked, {
    name: "run",
    source: {
      kind: "scripts",
      scripts: ["route.ts"],
      listen: [],
      trunks: [],
      open: false,
    },
    drainSeconds: 30,
    ladder: false,
  });
  assertEquals(readArgs(["run", "route.ts"]), asked);
  const withLadder = readArgs(["--ladder", "route.ts"]);
  assertEquals(withLadder.name === "run" && withLadder.ladder, true);
});

Deno.test("run takes one YAML file, or scripts with listeners and trunks", () => {
  assertEquals(
    readArgs([
      "run",
      "legwork.yaml",
      "--drain",
      "0",
      "--log-level=debug",
      "--log-format",
      "json",
    ]),
    {
      name: "run",
      source: { kind: "yaml", file: "legwork.yaml" },
      drainSeconds: 0,
      ladder: false,
      logLevel: "debug",
      logFormat: "json",
    },
  );
  const asked = readArgs([
    "run",
    "a.ts",
    "b.js",
    "--listen",
    "udp:127.0.0.1:5062",
    "--listen=tcp:[::1]:5062",
    "--trunk",
    "pbx=sip:127.0.0.1:5080;transport=tcp",
    "--open",
  ]);
  assert(asked.name === "run" && asked.source.kind === "scripts");
  assertEquals(asked.source.scripts, ["a.ts", "b.js"]);
  assertEquals(asked.source.listen.map(({ host }) => host), [
    "127.0.0.1",
    "::1",
  ]);
  assertEquals(asked.source.trunks[0]?.server.transport, "tcp");
  assertEquals(asked.source.open, true);
});

Deno.test("the other commands", () => {
  assertEquals(readArgs(["check", "legwork.yaml", "a.ts"]), {
    name: "check",
    files: ["legwork.yaml", "a.ts"],
  });
  assertEquals(readArgs(["test", "flows", "--strict", "--seed", "7"]), {
    name: "test",
    files: ["flows"],
    ladder: false,
    seed: 7,
    strict: true,
  });
  assertEquals(readArgs(["demo", "--stay"]), { name: "demo", stay: true });
  for (
    const args of [["version"], ["--version"], ["-V"], ["run", "--version"]]
  ) {
    assertEquals(readArgs(args), { name: "version" });
  }
  for (const args of [[], ["help"], ["--help"], ["-h"]]) {
    assertEquals(readArgs(args), { name: "help" });
  }
  for (
    const args of [["help", "run"], ["run", "-h"], [
      "run",
      "--help",
      "--nonsense",
    ]]
  ) {
    assertEquals(readArgs(args), { name: "help", topic: "run" });
  }
});

const WRONG:
  readonly (readonly [args: readonly string[], ...problems: string[]])[] = [
    [["chekc", "x"], "unknown command chekc, did you mean check?"],
    [
      ["frobnicate"],
      "unknown command frobnicate, wanted one of run, check, test, replay, init, reload, calls, keepalives, trunks, registrations, explain, dtmf, demo, version, help, or a file",
    ],
    [["--hepl"], "unknown option --hepl, did you mean --help?"],
    [
      ["run"],
      "no file is given, wanted legwork.yaml or a script such as route.ts",
    ],
    [["demo", "x"], "x is not used here, wanted options only"],
    [
      ["route.ts", "--lsiten=x"],
      "unknown option --lsiten of run, did you mean --listen?",
    ],
    [
      ["check", "x", "--zzzzzz"],
      "unknown option --zzzzzz of check, wanted one of --help, --version",
    ],
    [
      [
        "route.ts",
        "--listen",
        "5060",
        "--trunk",
        "pbx",
        "--drain",
        "soon",
        "--log-level",
        "loud",
      ],
      '--listen is "5060", wanted TRANSPORT:ADDRESS:PORT such as udp:127.0.0.1:5060',
      '--trunk is "pbx", wanted NAME=URI such as pbx=sip:127.0.0.1:5080',
      '--drain is "soon", wanted a whole number from 0 to 86400',
      '--log-level is "loud", wanted one of debug, info, warn, error',
    ],
    [
      ["route.ts", "--drain"],
      "--drain is empty, wanted a whole number from 0 to 86400",
    ],
    [
      ["route.ts", "--trunk", "a=sip:x", "--trunk", "a=sip:y"],
      "--trunk a is given twice, wanted each name once",
    ],
    [
      ["run", "legwork.yaml", "a.ts", "--open"],
      "legwork.yaml comes with other files, wanted one YAML file alone: it names the scripts",
      "--open does not go with legwork.yaml, wanted it in the file",
    ],
  ];

for (const [args, ...problems] of WRONG) {
  Deno.test(`wrong command line: ${args.join(" ")}`, () => {
    const asked = readArgs(args);
    assert(asked.name === "wrong");
    assertEquals(asked.problems, problems);
  });
}

Deno.test("help fits a terminal and names every option", () => {
  const pages = [undefined, "run", "check", "test", "demo"] as const;
  for (const text of pages.map((page) => helpText(page))) {
    assert(text.endsWith("\n"));
    assertEquals(text.split("\n").filter((line) => line.length > 80), []);
  }
  for (
    const option of [
      "listen",
      "trunk",
      "open",
      "drain",
      "ladder",
      "log-level",
      "log-format",
    ]
  ) {
    assert(helpText("run").includes(`--${option}`), option);
  }
});

/**
 * The gate: every check and every test, one line a step, the output of a step
 * that fails in full, and a last line `N passed, N failed`.
 *
 * Run: `deno task test`, or `deno task ok` (`--quick`) to leave out the tests
 * with real peers. A peer program that is not installed is skipped, visibly;
 * with CI in the environment, or `--require-peers`, it fails the gate.
 */

import { repositoryRoot } from "./source_files.ts";

interface Step {
  readonly name: string;
  /** Arguments for the Deno that runs this program. */
  readonly args: readonly string[];
  /** Whether its output counts tests. */
  readonly tests: boolean;
}

interface Outcome {
  passed: number;
  failed: number;
}

/** Programs that tests/interop speaks to, and the Debian package of each. */
const PEERS: Readonly<Record<string, string>> = {
  sipp: "sip-tester",
  baresip: "baresip-core",
  sipsak: "sipsak",
  tshark: "tshark",
  kamailio: "kamailio",
  stun: "stun-client",
  turnserver: "coturn",
  rtpengine: "rtpengine-daemon",
  sox: "sox",
  "multimon-ng": "multimon-ng",
};

/** Folders of tests with a step of their own; the unit step takes the rest. */
const OWN_STEP = {
  ladders: ["tests/flows", "examples"],
  contract: ["tests/contract"],
  torture: ["tests/torture", "tests/fuzz"],
};

const root = repositoryRoot();
const quick = Deno.args.includes("--quick");
const requirePeers = Deno.args.includes("--require-peers") ||
  Boolean(Deno.env.get("CI"));

Deno.exit(await gate());

async function gate(): Promise<number> {
  const total: Outcome = { passed: 0, failed: 0 };
  for (const step of await steps()) add(total, await runStep(step));
  if (!quick) {
    add(total, { passed: 0, failed: await missingPeers() });
    add(total, await runStep(testStep("interop", ["tests/interop"])));
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
}

async function steps(): Promise<Step[]> {
  const apart = [...Object.values(OWN_STEP).flat(), "tests/interop", "bench"];
  return [
    check("format", ["fmt", "--check"]),
    check("lint", ["lint"]),
    check("types", ["check", "--quiet", "."]),
    check("layers", ["run", "-A", "tools/check_layers.ts"]),
    check("style", ["run", "-A", "tools/check_style.ts"]),
    check("docs", ["run", "-A", "tools/check_docs.ts"]),
    check("api", ["run", "-A", "tools/script_api.ts"]),
    testStep("unit", ["."], [`--ignore=${apart.join(",")}`]),
    ...(await Promise.all(
      Object.entries(OWN_STEP).map(async ([name, folders]) => {
        const present = await filter(folders, isFolder);
        return present.length > 0 ? [testStep(name, present)] : [];
      }),
    )).flat(),
    check("snippets", ["run", "-A", "tools/check_snippets.ts"]),
  ];
}

function check(name: string, args: string[]): Step {
  return { name, args, tests: false };
}

/** The types step has checked the types already. */
function testStep(name: string, paths: string[], more: string[] = []): Step {
  return {
    name,
    args: ["test", "-A", "--no-check", "--permit-no-files", ...more, ...paths],
    tests: true,
  };
}

async function runStep({ name, args, tests }: Step): Promise<Outcome> {
  const started = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1", ...(requirePeers ? { CI: "1" } : {}) },
  }).output();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  const outcome = tests ? countTests(output) : { passed: 0, failed: 0 };
  if (code !== 0 && outcome.failed === 0) outcome.failed = 1;
  const counts = tests ? `  ${outcome.passed} passed` : "";
  const verdict = code === 0 ? "ok" : "FAILED";
  console.log(`${name.padEnd(10)} ${verdict.padEnd(6)} ${seconds}s${counts}`);
  if (code !== 0) console.log(output);
  return outcome;
}

/** Reads the summary line: `ok | 12 passed (3 steps) | 0 failed (1s)`. */
function countTests(output: string): Outcome {
  const summaries = [
    ...output.matchAll(/^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/gm),
  ];
  const sum = (group: number): number =>
    summaries.reduce((total, match) => total + Number(match[group]), 0);
  return { passed: sum(1), failed: sum(2) };
}

/** Names each peer that is not installed; returns how many of them fail. */
async function missingPeers(): Promise<number> {
  let failures = 0;
  for (const [program, debian] of Object.entries(PEERS)) {
    if (await installed(program)) continue;
    const what = `${program} is not installed (apt-get install ${debian})`;
    console.log(requirePeers ? `required: ${what}` : `skipped: ${what}`);
    if (requirePeers) failures++;
  }
  return failures;
}

async function installed(program: string): Promise<boolean> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const found = await filter(
    folders.map((folder) => `${folder}/${program}`),
    async (path) => (await Deno.stat(path)).isFile,
  );
  return found.length > 0;
}

async function isFolder(path: string): Promise<boolean> {
  return (await Deno.stat(`${root}/${path}`)).isDirectory;
}

async function filter(
  items: readonly string[],
  keep: (item: string) => Promise<boolean>,
): Promise<string[]> {
  const kept = await Promise.all(
    items.map((item) => keep(item).catch(() => false)),
  );
  return items.filter((_, index) => kept[index]);
}

function add(total: Outcome, more: Outcome): void {
  total.passed += more.passed;
  total.failed += more.failed;
}

/** Legwork itself, as its own process, with a configuration of the test's. */

import { type Running, start } from "./peer.ts";
import { freePort, pause } from "./ports.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;

/** A Legwork that listens. */
export interface Legwork extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** The path of its script, where it has one. */
  readonly script: string;
  /** What it has logged. */
  log(): string;
  /** Throws, with the log, unless the process is up. */
  assertUp(): void;
}

/** What differs from test to test. */
export interface Setting {
  /** SIP URIs of the called side, in order of trial. */
  readonly servers: readonly string[];
  /** Further keys of the trunk `pbx`. */
  readonly pbx?: string;
  /** Keys of a trunk that all callers belong to; none without. */
  readonly caller?: string;
  /** Further keys of the YAML file. */
  readonly yaml?: string;
  /** How UDP is received and sent; `batched` has the permissions for it. Default: `plain`. */
  readonly udp?: "plain" | "batched";
  /** As many processes on one port; with `udp: "batched"`. Default: one that does all. */
  readonly workers?: number;
  /** How long calls may go on after SIGTERM. Default: 1 s. */
  readonly drainSeconds?: number;
  /** Variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A routing script, instead of the route table. */
  readonly script?: string;
  /** Its log has every message as a line of a ladder. */
  readonly ladder?: boolean;
  /** A command to run it under, like `taskset -c 0`. */
  readonly under?: readonly string[];
  /** It is killed after that long. Default: two minutes. */
  readonly withinMs?: number;
}

/**
 * Starts Legwork on UDP and TCP of one port. Every caller is accepted and sent
 * to the trunk `pbx`. Disposing it sends SIGTERM and asserts a clean end.
 */
export async function legwork(setting: Setting): Promise<Legwork> {
  const folder = await Deno.makeTempDir({ prefix: "legwork-" });
  const port = freePort();
  await Deno.writeTextFile(
    `${folder}/legwork.yaml`,
    configuration(port, setting),
  );
  if (setting.script !== undefined) {
    await Deno.writeTextFile(`${folder}/route.ts`, setting.script);
  }
  const [program = "", ...args] = [
    ...(setting.under ?? []),
    ...[Deno.execPath(), "run"],
    ...[permissions(setting), "mod.ts", "run"],
    ...[`${folder}/legwork.yaml`, "--drain", `${setting.drainSeconds ?? 1}`],
    ...(setting.workers === undefined
      ? []
      : ["--workers", `${setting.workers}`]),
    ...(setting.ladder === true ? ["--ladder"] : []),
  ];
  const process = start(program, args, {
    withinMs: setting.withinMs ?? 120_000,
    cwd: ROOT,
    env: { ...setting.env },
  });
  let up = true;
  process.ended.then(() => up = false);
  const assertUp = (): void => {
    if (!up) throw new Error(`Legwork ended by itself:\n${process.said()}`);
  };
  await listening(process, assertUp);
  return {
    port,
    pid: process.pid,
    script: `${folder}/route.ts`,
    log: process.said,
    assertUp,
    async [Symbol.asyncDispose](): Promise<void> {
      assertUp();
      await using ending = process;
      ending.signal("SIGTERM");
      const lateMs = 1000 * (setting.drainSeconds ?? 1) + 4000;
      const late = setTimeout(() => ending.signal("SIGKILL"), lateMs);
      const { code, output } = await ending.ended;
      clearTimeout(late);
      await Deno.remove(folder, { recursive: true });
      if (code !== 0) throw new Error(`Legwork ended with ${code}:\n${output}`);
    },
  };
}

/** Runs a command that asks a running Legwork. */
export async function ask(
  ...args: readonly string[]
): Promise<{ code: number; out: string[]; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P", "--no-check", "--quiet", "mod.ts", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trimEnd()
  ) as [string, string];
  return { code, out: out.split("\n"), err };
}

function permissions({ udp, workers }: Setting): string {
  if (workers !== undefined) return "-P=workers";
  return udp === "batched" ? "-P=fast" : "-P";
}

function configuration(port: number, setting: Setting): string {
  const servers = setting.servers.map((server) => `"${server}"`).join(", ");
  const pbx = setting.pbx === undefined ? "" : `, ${setting.pbx}`;
  return [
    `listen: [udp:127.0.0.1:${port}, tcp:127.0.0.1:${port}]`,
    `udp: ${setting.udp ?? "plain"}`,
    "unknown_peers: accept",
    "trunks:",
    `  pbx: {servers: [${servers}]${pbx}}`,
    setting.caller === undefined
      ? ""
      : `  caller: {match: 127.0.0.1, ${setting.caller}}`,
    setting.script === undefined
      ? "routes:\n  - {to: [pbx]}"
      : "scripts: [route.ts]",
    setting.yaml ?? "",
  ].join("\n");
}

async function listening(
  process: Running,
  assertUp: () => void,
): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (process.said().includes("legwork listening on ")) return;
    assertUp();
    await pause(25);
  }
  await process[Symbol.asyncDispose]();
  throw new Error(`Legwork did not listen within 10 s:\n${process.said()}`);
}

/** Kamailio as a proxy between Legwork and the called side, with the routing of a test's own. */

import { type Running, start } from "./peer.ts";
import { bound, freePorts } from "./ports.ts";

/** A proxy that listens. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** What it has logged. */
  said(): string;
}

/** What differs from test to test. */
export interface ProxySetting {
  /** Modules besides those every proxy has, in order. */
  readonly modules?: readonly string[];
  /** `modparam` lines. */
  readonly parameters?: readonly string[];
  /** It listens on TCP too. */
  readonly tcp?: boolean;
  /** The routing blocks. */
  readonly routes: string;
  /** Where it listens; a free port by default. */
  readonly port?: number;
}

/** Modules of every proxy here. */
const MODULES = [
  "tm",
  "sl",
  "rr",
  "pv",
  "textops",
  "siputils",
  "maxfwd",
  "xlog",
];

/**
 * The programs a test needs that loads a module of a package of its own: with the package's name for one more where that
 * is not installed.
 */
export function withModule(module: string): readonly string[] {
  const found = FOLDERS.some((folder) => {
    try {
      return Deno.statSync(`${folder}${module}.so`).isFile;
    } catch {
      return false;
    }
  });
  return found ? ["kamailio"] : ["kamailio", `kamailio-${module}-modules`];
}

const FOLDERS = ["x86_64", "aarch64"].map((machine) =>
  `/usr/lib/${machine}-linux-gnu/kamailio/modules/`
);

/** Starts a proxy and waits until it listens. */
export async function proxy(setting: ProxySetting): Promise<Proxy> {
  const [free = 0] = freePorts(2);
  const port = setting.port ?? free;
  const folder = await Deno.makeTempDir({ prefix: "kamailio-" });
  const modules = [...MODULES, ...setting.modules ?? []];
  await Deno.writeTextFile(
    `${folder}/kamailio.cfg`,
    [
      "#!KAMAILIO",
      "debug=2\nlog_stderror=yes\nfork=yes\nchildren=1\ntcp_children=1",
      "auto_aliases=no\ndns=no\nrev_dns=no",
      `listen=udp:127.0.0.1:${port}`,
      setting.tcp ? `listen=tcp:127.0.0.1:${port}` : "disable_tcp=yes",
      `mpath="${FOLDERS.join(":")}"`,
      ...modules.map((name) => `loadmodule "${name}.so"`),
      ...setting.parameters ?? [],
      setting.routes,
    ].join("\n"),
  );
  // -DD keeps it in the foreground, and its children end with it.
  const process: Running = start("kamailio", [
    ...["-DD", "-f", `${folder}/kamailio.cfg`, "-Y", folder],
    ...["-P", `${folder}/pid`, "-m", "32", "-M", "4"],
  ], { withinMs: 60_000, cwd: folder });
  try {
    await Promise.race([bound(port, "udp"), process.ended]);
    await bound(port, "udp");
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw new Error(`Kamailio did not listen:\n${process.said()}`, {
      cause: error,
    });
  }
  return {
    port,
    said: process.said,
    async [Symbol.asyncDispose](): Promise<void> {
      await process[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

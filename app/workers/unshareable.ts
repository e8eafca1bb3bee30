/** What of a configuration several workers cannot have in common: it is refused, and nothing is half done. */

import { formatListen } from "../config/address.ts";
import type { Finding } from "../config/cross_checks.ts";
import type { Config } from "../config/schema.ts";
import { batchedMaker } from "../udp.ts";
import { portsOf } from "./worker_place.ts";

/** Every reason why a configuration cannot be run by `count` workers, and where it stands. */
export function unshareable(config: Config, count: number): Finding[] {
  return [
    ...(config.udp === "plain"
      ? [no(["udp"], "listeners", "udp is plain, wanted auto or batched")]
      : []),
    ...config.listen.flatMap(listener),
    ...(config.registrar === undefined ? [] : [no(
      ["registrar"],
      "the registrar",
      "registrations are known to one process, wanted no registrar section or no --workers",
    )]),
    ...Object.entries(config.trunks).flatMap(trunk),
    ...(config.rtpengine?.dtmf_log === undefined ? [] : [no(
      ["rtpengine", "dtmf_log"],
      "rtpengine.dtmf_log",
      "one process receives it, wanted none or no --workers",
    )]),
    ...media(config, count),
  ];
}

/** What this process lacks to have workers, whatever the configuration. */
export function unable(): string[] {
  const make = batchedMaker();
  if (typeof make === "string") {
    return [
      `Cannot share listeners between workers: ${make}, wanted -P=workers`,
    ];
  }
  const command = Deno.execPath();
  const { state } = Deno.permissions.querySync({ name: "run", command });
  return state === "granted" ? [] : [
    `Cannot start workers: --allow-run is not granted for ${command}, wanted -P=workers`,
  ];
}

function no(path: Finding["path"], what: string, why: string): Finding {
  return { path, message: `Cannot share ${what} between workers: ${why}` };
}

function listener(
  address: Config["listen"][number],
  index: number,
): Finding[] {
  const found = address.transport !== "udp" && address.transport !== "tcp"
    ? "wanted udp and tcp listeners only"
    : address.port === 0
    ? "port 0, wanted a port"
    : undefined;
  return found === undefined
    ? []
    : [no(["listen", index], formatListen(address), found)];
}

function trunk(
  [name, settings]: [string, Config["trunks"][string]],
): Finding[] {
  const found = settings.register !== undefined
    ? ["register", "it has register"] as const
    : settings.dynamic
    ? ["dynamic", "it is dynamic"] as const
    : settings.keepalive?.method === "stun"
    ? [
      "keepalive",
      "its keepalive is stun, whose answer names no worker",
    ] as const
    : undefined;
  return found === undefined ? [] : [no(
    ["trunks", name, found[0]],
    `trunk ${name}`,
    `${found[1]}, wanted none of it or no --workers`,
  )];
}

function media({ media: { ports } }: Config, count: number): Finding[] {
  const { first, last } = portsOf(ports, { number: 0, of: count });
  return last - first < 3
    ? [no(
      ["media", "ports"],
      `media.ports ${ports.first}-${ports.last}`,
      `${count} workers, wanted four ports for each`,
    )]
    : [];
}

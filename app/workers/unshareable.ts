/** What of a configuration several workers cannot have in common: it is refused, and nothing is half done. */

import { formatListen } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import { batchedMaker } from "../udp.ts";
import { portsOf } from "./worker_place.ts";

/** Every reason why a configuration cannot be run by `count` workers. */
export function unshareable(config: Config, count: number): string[] {
  return [
    ...missing(config),
    ...config.listen.flatMap(listener),
    ...(config.registrar === undefined ? [] : [
      "Cannot share the registrar between workers: registrations are known to one process, wanted no registrar section or no --workers",
    ]),
    ...Object.entries(config.trunks).flatMap(trunk),
    ...(config.rtpengine?.dtmf_log === undefined ? [] : [
      "Cannot share rtpengine.dtmf_log between workers: one process receives it, wanted none or no --workers",
    ]),
    ...media(config, count),
  ];
}

function missing({ udp }: Config): string[] {
  if (udp === "plain") {
    return [
      "Cannot share listeners between workers: udp is plain, wanted auto or batched",
    ];
  }
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

function listener(address: Config["listen"][number]): string[] {
  const name = formatListen(address);
  if (address.transport !== "udp" && address.transport !== "tcp") {
    return [
      `Cannot share ${name} between workers: wanted udp and tcp listeners only`,
    ];
  }
  return address.port === 0
    ? [`Cannot share ${name} between workers: port 0, wanted a port`]
    : [];
}

function trunk([name, settings]: [string, Config["trunks"][string]]): string[] {
  const found = settings.register !== undefined
    ? "it has register"
    : settings.dynamic
    ? "it is dynamic"
    : settings.keepalive?.method === "stun"
    ? "its keepalive is stun, whose answer names no worker"
    : undefined;
  return found === undefined ? [] : [
    `Cannot share trunk ${name} between workers: ${found}, wanted none of it or no --workers`,
  ];
}

function media({ media: { ports } }: Config, count: number): string[] {
  const { first, last } = portsOf(ports, { number: 0, of: count });
  return last - first < 3
    ? [
      `Cannot share media.ports ${ports.first}-${ports.last} between workers: ${count} workers, wanted four ports for each`,
    ]
    : [];
}

/**
 * The configuration of `legwork run route.ts`, where there is no YAML file.
 *
 * @module
 */

import {
  formatListen,
  isLoopback,
  type ListenAddress,
  type ServerAddress,
} from "./address.ts";
import { type Config, configSchema } from "./schema.ts";

/** What the command line said. */
export interface DefaultConfigOptions {
  readonly scripts: readonly string[];
  /** Empty: udp and tcp on 127.0.0.1:5060. */
  readonly listen: readonly ListenAddress[];
  readonly trunks: readonly {
    readonly name: string;
    readonly server: ServerAddress;
  }[];
  /** Any peer may call, wherever Legwork listens. */
  readonly open: boolean;
}

/** A configuration, or why there is none. */
export type DefaultConfig =
  | { readonly config: Config; readonly problem?: undefined }
  | { readonly config?: undefined; readonly problem: string };

/**
 * Any peer is accepted where only this machine can call. An address that
 * others reach needs trunks, and then only they may call, or `--open`.
 */
export function defaultConfig(
  { scripts, listen, trunks, open }: DefaultConfigOptions,
): DefaultConfig {
  const exposed = listen.find((address) => !isLoopback(address.host));
  if (exposed !== undefined && trunks.length === 0 && !open) {
    const where = formatListen(exposed);
    return {
      problem:
        `--listen ${where} can be reached by others, wanted --trunk NAME=URI for who may call, or --open for anyone`,
    };
  }
  const config = configSchema.parse({
    listen: listen.length === 0
      ? ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]
      : listen.map(formatListen),
    scripts,
    trunks: Object.fromEntries(
      trunks.map(({ name, server }) => [name, { servers: [server.uri] }]),
    ),
    // Whoever runs a script from the command line is about to ask what it does.
    trace: "full",
    unknown_peers: exposed === undefined || open ? "accept" : "reject",
  });
  return { config };
}

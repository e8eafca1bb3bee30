/** One place a call is sent to, with the addresses to try for it. */

import { fromText } from "../message/bytes.ts";
import type { Headers } from "../message/headers.ts";
import { parseSipUri, type SipUri } from "../message/uri.ts";
import type { TrunkTable } from "../trunk/trunk_table.ts";
import { headersOf, targetName } from "./decision_check.ts";
import type { RouteTarget } from "./decisions.ts";

/** A target ready to be tried. */
export interface Target {
  /** As the route named it. */
  readonly name: string;
  readonly trunk: string | undefined;
  /** Request URIs to try in turn: a trunk's servers, or the one URI. */
  readonly uris: readonly SipUri[];
  readonly timeoutSeconds: number;
  readonly headers: Headers;
}

/**
 * Makes a target of what a route names. A trunk's URI gets the user of the call's request URI, unless its server has
 * one of its own.
 */
export function targetOf(
  named: RouteTarget,
  options: {
    trunks: TrunkTable;
    user: string | undefined;
    timeoutSeconds: number;
  },
): Target {
  const name = targetName(named);
  const trunk = options.trunks.get(name);
  const uri = parseSipUri(fromText(name));
  const uris =
    trunk?.servers.map((server) =>
      server.user === undefined ? server.with({ user: options.user }) : server
    ) ?? (uri === undefined ? [] : [uri]);
  const own = typeof named === "string" ? undefined : named;
  return {
    name,
    trunk: trunk?.name,
    uris,
    timeoutSeconds: own?.timeoutSeconds ?? options.timeoutSeconds,
    headers: headersOf(own?.headers),
  };
}

/** From a trunk's `keepalive` block to what its servers are watched by. */

import { parseSipUri } from "../core/message/uri.ts";
import type { KeepAliveSettings } from "../core/trunk/keep_alive_settings.ts";
import type { TrunkSettings } from "../core/trunk/trunk_table.ts";
import type { TrunkConfig } from "./config/schema.ts";

/** Nothing where there is no block, or it asks for nothing. */
export function keepAliveSettings(
  block: TrunkConfig["keepalive"],
): Pick<TrunkSettings, "keepalive"> {
  if (block === undefined || block.method === "none") return {};
  const { method: kind, server, port, custom, in_service } = block;
  const uri = server && parseSipUri(server.uri);
  return {
    keepalive: {
      kind,
      intervalSeconds: block.interval,
      failures: block.failures,
      whenDown: block.when_down,
      ...given("downIntervalSeconds", block.down_interval),
      ...given("timeoutSeconds", block.timeout),
      ...given("inService", in_service),
      ...given("server", uri),
      ...given("port", port),
      ...given("custom", custom && customOf(custom)),
    },
  };
}

function customOf(
  { method, event, user }: NonNullable<
    NonNullable<TrunkConfig["keepalive"]>["custom"]
  >,
): NonNullable<KeepAliveSettings["custom"]> {
  return {
    method,
    ...given("event", event),
    // RFC 3261 §25.1: what is no character of a user part is written as its escape.
    ...given("user", user?.replace(/[^\x21-\x7e]/gu, encodeURIComponent)),
  };
}

function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [key in Name]?: Value } {
  return value === undefined
    ? {}
    : { [name]: value } as { [key in Name]: Value };
}

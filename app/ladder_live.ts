/** `run --ladder`: what passes on the wire, drawn as it passes. */

import { formatAddress } from "../core/transport/address.ts";
import type { Flow } from "../core/transport/flow.ts";
import type { Tap } from "../core/transport/transport_layer.ts";
import { LiveLadder } from "./ladder/live.ts";
import type { Terminal } from "./terminal.ts";

/** Names a peer; the ladder begins before there is a B2BUA that could. */
export interface PeerNames {
  trunkOf(flow: Flow): string | undefined;
}

/** A tap that prints; the columns are trunks, and addresses of peers that are none. */
export function ladderTap(terminal: Terminal, names: PeerNames): Tap {
  const ladder = new LiveLadder({
    print: (line) => terminal.out(line),
    nameOf: (flow) => names.trunkOf(flow) ?? formatAddress(flow.remote),
    color: terminal.color,
    ...(terminal.width === undefined ? {} : { width: terminal.width }),
  });
  return (direction, message, flow, atMs) =>
    ladder.observe(direction, { message, flow, atMs });
}

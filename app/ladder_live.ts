/** `run --ladder`: what passes on the wire, drawn as it passes, and below it what hooks did to it. */

import { toText } from "../core/message/bytes.ts";
import type { SipMessage } from "../core/message/message.ts";
import { formatAddress } from "../core/transport/address.ts";
import type { Flow } from "../core/transport/flow.ts";
import type { Tap } from "../core/transport/transport_layer.ts";
import { LiveLadder } from "./ladder/live.ts";
import type { Terminal } from "./terminal.ts";
import type { TraceEvent } from "./trace/call_traces.ts";
import { noteText } from "./trace/explain.ts";

/** Names a peer; the ladder begins before there is a B2BUA that could. */
export interface PeerNames {
  trunkOf(flow: Flow): string | undefined;
}

/** A ladder that prints itself. */
export interface LadderPrinter {
  readonly tap: Tap;
  /** Takes edits, decisions and faults as `CallTraces` tells them. */
  note(event: TraceEvent, message: SipMessage | undefined): void;
}

/** Prints to a terminal; the columns are trunks, and addresses of peers that are none. */
export function ladderPrinter(
  terminal: Terminal,
  names: PeerNames,
): LadderPrinter {
  const ladder = new LiveLadder({
    print: (line) => terminal.out(line),
    nameOf: (flow) => names.trunkOf(flow) ?? formatAddress(flow.remote),
    color: terminal.color,
    ...(terminal.width === undefined ? {} : { width: terminal.width }),
  });
  /** Edits of messages that are about to leave: their arrows are not drawn yet. */
  const held = new Map<string, string[]>();
  return {
    tap: (direction, message, flow, atMs) => {
      ladder.observe(direction, { message, flow, atMs });
      if (direction === "in" || held.size === 0) return;
      const key = keyOf(message);
      for (const text of held.get(key) ?? []) ladder.note(text);
      held.delete(key);
    },
    note: (event, message) => {
      const text = `  ${noteText(event)}`;
      if (
        message === undefined || event.kind !== "edit" ||
        event.direction === "in"
      ) {
        ladder.note(text);
        return;
      }
      const key = keyOf(message);
      held.set(key, [...held.get(key) ?? [], text]);
      if (held.size <= MAX_HELD) return;
      for (const oldest of held.keys()) {
        held.delete(oldest);
        break;
      }
    },
  };
}

/** Messages whose edits wait; one that never leaves must not keep its own for ever. */
const MAX_HELD = 100;

function keyOf(message: SipMessage): string {
  const { callId, cseq } = message;
  const start = message.kind === "request" ? message.method : message.status;
  return `${start} ${toText(callId)} ${cseq?.number} ${cseq?.method}`;
}

/** What keeps a flow alive needs of the layer below: the transport layer is one such, a test's fake another. */

import type { Flow } from "./flow.ts";
import type { FlowWatcher } from "./flow_watchers.ts";
import type { StunTransaction, StunUser } from "./stun_client.ts";

/** Keeps flows, watches them and ends them. */
export interface FlowTransport {
  /** Tells a watcher what comes on a flow, until it is removed or the connection is gone. */
  watch(flow: Flow, watcher: FlowWatcher): void;
  unwatch(flow: Flow, watcher: FlowWatcher): void;
  /** Streams: sends the ping of RFC 5626 section 4.4.1. */
  ping(flow: Flow): void;
  /** Asks the peer by STUN under which address it sees us; undefined when too many such requests are on their way. */
  bind(flow: Flow, user: StunUser): StunTransaction | undefined;
  /** Ends a connection; a datagram flow has none. */
  finish(flow: Flow, reason: string): void;
}

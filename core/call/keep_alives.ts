/**
 * Where keep-alives of every kind meet: each is noted for its peer, and `onKeepAlive` asked what becomes of it. Who
 * received it carries the decision out.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { SipRequest } from "../message/message.ts";
import { serialize } from "../message/serialize.ts";
import type { Flow } from "../transport/flow.ts";
import type { WireKeepAlive } from "../transport/keep_alive.ts";
import { KeepAliveLog } from "../trunk/keep_alive_log.ts";
import type { TrunkTable } from "../trunk/trunk_table.ts";
import type { CallTrace } from "./call_trace.ts";
import type { KeepAliveDecision } from "./decisions.ts";
import { type KeepAliveKind, keepAliveOutside } from "./keep_alive_kind.ts";
import { MessageDraft } from "./message_draft.ts";
import type { LegView, PolicySource } from "./policy.ts";
import { PolicyEvents } from "./policy_events.ts";
import { PolicyHooks } from "./policy_hooks.ts";

/** A keep-alive that came as a request. */
export interface RequestPing {
  readonly kind: KeepAliveKind;
  readonly flow: Flow;
  readonly leg: LegView;
  /** After the inbound hooks. */
  readonly request: SipRequest;
}

/** One kind of keep-alive from one address, as it stands. */
export interface KeepAliveState {
  /** `udp:192.0.2.1:5060`. */
  readonly address: string;
  /** The name of its trunk, or undefined. */
  readonly trunk: string | undefined;
  readonly kind: KeepAliveKind;
  readonly count: number;
  /** Between the last two; undefined for the first. */
  readonly intervalSeconds: number | undefined;
  /** Since the last. */
  readonly secondsAgo: number;
}

/** See the module's text. */
export class KeepAlives {
  readonly #log: KeepAliveLog<KeepAliveKind>;
  readonly #world: {
    readonly clock: Clock;
    readonly observer: Observer;
    readonly trace: CallTrace | undefined;
    readonly trunks: TrunkTable;
    readonly policies: PolicySource;
  };

  constructor(
    world: {
      readonly clock: Clock;
      readonly limits: Limits;
      readonly observer: Observer;
      readonly trace: CallTrace | undefined;
      readonly trunks: TrunkTable;
      readonly policies: PolicySource;
    },
  ) {
    this.#world = world;
    this.#log = new KeepAliveLog({
      clock: world.clock,
      most: world.limits.keepAlivePeers,
      trunkOf: ({ remote, listener }) =>
        world.trunks.match(remote, listener)?.name,
    });
  }

  /** What each peer has sent, the one heard of last first. */
  get states(): readonly KeepAliveState[] {
    const nowMs = this.#world.clock.now();
    return this.#log.peers.toReversed().flatMap(({ address, trunk, kinds }) =>
      [...kinds].map(([kind, { count, intervalMs, lastMs }]) => ({
        address,
        trunk,
        kind,
        count,
        intervalSeconds: secondsOf(intervalMs),
        secondsAgo: (nowMs - lastMs) / 1000,
      }))
    );
  }

  /**
   * What is no SIP: a datagram, or a ping on a stream. `answer` stands for the pong of the kind, whatever its status;
   * there is nobody to relay it to.
   */
  onWire(
    kind: WireKeepAlive,
    bytes: Uint8Array,
    { flow, byDefault }: { flow: Flow; byDefault: KeepAliveDecision },
  ): KeepAliveDecision {
    const { peer, seen } = this.#log.note(kind, flow);
    const { policies } = this.#world;
    const policy = policies.acquire();
    try {
      if (policy.onKeepAlive === undefined) return byDefault;
      const hooks = new PolicyHooks(policy, this.#world);
      const decision = new PolicyEvents(hooks).onKeepAlive(byDefault, () => ({
        kind,
        leg: {
          name: "a",
          trunk: peer.trunk,
          peer: peer.address,
          call: undefined,
        },
        address: peer.address,
        intervalSeconds: secondsOf(seen.intervalMs),
        count: seen.count,
        bytes: bytes.length,
        message: undefined,
      }));
      if (decision.action !== "relay") return decision;
      hooks.fault(
        "onKeepAlive",
        new TypeError(`Cannot relay ${kind}: it is no SIP request`),
      );
      return byDefault;
    } finally {
      policies.release(policy);
    }
  }

  /** A request outside any call that was refused before anyone asked what it wants. */
  refused(request: SipRequest, flow: Flow): void {
    const kind = keepAliveOutside(request);
    if (kind !== undefined) this.#log.note(kind, flow);
  }

  /** A request that only keeps something alive, within a call or outside; `events` are the hooks of whose it is. */
  onRequest(
    { kind, flow, leg, request }: RequestPing,
    { events, byDefault }: {
      events: PolicyEvents;
      byDefault: KeepAliveDecision;
    },
  ): KeepAliveDecision {
    const { peer, seen } = this.#log.note(kind, flow);
    this.#world.observer.count("keep_alives_received");
    return events.onKeepAlive(byDefault, () => ({
      kind,
      leg,
      address: peer.address,
      intervalSeconds: secondsOf(seen.intervalMs),
      count: seen.count,
      bytes: serialize(request).length,
      message: new MessageDraft(request),
    }));
  }
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

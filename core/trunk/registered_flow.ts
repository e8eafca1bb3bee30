/** The flow that a registration stands on, kept alive as RFC 5626 section 4.4 has it while that is asked for. */

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Flow } from "../transport/flow.ts";
import type { FlowTransport } from "../transport/flow_transport.ts";
import {
  type FlowAgreement,
  FlowKeepAlive,
  type FlowKeepAliveSettings,
  type FlowUser,
} from "./flow_keep_alive.ts";

/** What it stands on. */
export interface RegisteredFlowOptions {
  readonly transport: FlowTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly user: FlowUser;
  readonly settings: FlowKeepAliveSettings;
}

/** See the module's text. */
export class RegisteredFlow {
  readonly #options: RegisteredFlowOptions;
  #flow: Flow | undefined;
  #kept: FlowKeepAlive | undefined;

  constructor(options: RegisteredFlowOptions) {
    this.#options = options;
  }

  /** A 2xx came on a flow: from now on that one counts. */
  follow(flow: Flow, agreement: FlowAgreement): void {
    if (this.#flow !== flow) {
      this.stop();
      this.#flow = flow;
      this.#kept = new FlowKeepAlive({
        ...this.#options,
        flow,
        settings: this.#settingsFor(flow, agreement),
      });
    }
    this.#kept?.start(agreement);
  }

  stop(): void {
    this.#kept?.stop();
    this.#kept = this.#flow = undefined;
  }

  /**
   * RFC 5626 §3.5.2 has STUN go only to a server that is known to answer it: one that does not would count as a flow
   * that failed. Any other gets the CRLF that every server ignores.
   */
  #settingsFor(flow: Flow, agreement: FlowAgreement): FlowKeepAliveSettings {
    const { settings } = this.#options;
    const guess = (settings.kind ?? "auto") === "auto";
    return guess && !flow.reliable && !agreement.outbound
      ? { ...settings, kind: "crlf" }
      : settings;
  }
}

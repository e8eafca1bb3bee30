/** The flow that a registration stands on, kept alive as RFC 5626 section 4.4 has it while that is asked for. */

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Flow } from "../transport/flow.ts";
import type { FlowTransport } from "../transport/flow_transport.ts";
import {
  FlowKeepAlive,
  type FlowKeepAliveSettings,
  type FlowUser,
} from "./flow_keep_alive.ts";
import type { RegistrationAnswer } from "./registration_answer.ts";
import type { RegistrationSettings } from "./registration_settings.ts";

/** What it stands on. */
export interface RegisteredFlowOptions {
  readonly transport: FlowTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly user: FlowUser;
  readonly settings: FlowKeepAliveSettings;
  readonly registration: Pick<RegistrationSettings, "outbound" | "registrars">;
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
  follow(
    flow: Flow,
    answer: Pick<RegistrationAnswer, "outbound" | "flowTimerSeconds">,
  ): void {
    if (this.#flow !== flow) {
      this.stop();
      this.#flow = flow;
      this.#kept = new FlowKeepAlive({
        ...this.#options,
        flow,
        settings: this.#settingsFor(flow, answer),
      });
    }
    // draft-ietf-sip-outbound-03 knows neither Flow-Timer nor pongs.
    const draft = this.#options.registration.outbound === "draft-03";
    this.#kept?.start({
      flowTimerSeconds: draft ? undefined : answer.flowTimerSeconds,
      outbound: answer.outbound === "rfc5626",
    });
  }

  stop(): void {
    this.#kept?.stop();
    this.#kept = this.#flow = undefined;
  }

  /**
   * draft-ietf-sip-outbound-03 §4.4.1: "User Agents that form flows MUST check if the configured URI they are connecting to has
   * a 'keepalive' URI parameter (defined in Section 10) with the value of 'stun'."
   *
   * RFC 5626 §3.5.2 has STUN go only to a server that is known to answer it: one that does not would count as a flow
   * that failed. Any other gets the CRLF that every server ignores.
   */
  #settingsFor(
    flow: Flow,
    answer: Pick<RegistrationAnswer, "outbound">,
  ): FlowKeepAliveSettings {
    const { settings, registration } = this.#options;
    const guess = (settings.kind ?? "auto") === "auto";
    const answers = registration.outbound === "draft-03"
      ? registration.registrars.some((uri) =>
        uri.param("keepalive")?.toLowerCase() === "stun"
      )
      : answer.outbound !== undefined;
    return guess && !flow.reliable && !answers
      ? { ...settings, kind: "crlf" }
      : settings;
  }
}

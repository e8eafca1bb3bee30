/** What a registration stands on, and what comes of it. */

import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { SipUri } from "../message/uri.ts";
import type { RequestSender } from "../transaction/request_sender.ts";
import type { Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { FlowTransport } from "../transport/flow_transport.ts";
import type { RegistrationAnswer } from "./registration_answer.ts";

/** The world of a registration. */
export interface RegistrationGround {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly sender: Pick<RequestSender, "send">;
  readonly flows: FlowTransport;
}

/** What is bound. */
export interface Binding extends RegistrationAnswer {
  readonly contact: SipUri;
  /** Where REGISTER was sent: the server, or where it redirected us. */
  readonly place: SipUri;
  /** The way it went: that of the next REGISTER and of calls. */
  readonly target: Target;
  readonly flow: Flow;
  readonly expiresAtMs: number;
}

/** Registrations on a virtual clock, over real transactions and a transport that only takes notes. */

import { assertEquals, assertExists } from "@std/assert";
import {
  CountingObserver,
  type LogRecord,
} from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { responseTo } from "../../../core/message/build.ts";
import { Headers } from "../../../core/message/headers.ts";
import type { SipRequest } from "../../../core/message/message.ts";
import { parseSipUri, type SipUri } from "../../../core/message/uri.ts";
import { RequestSender } from "../../../core/transaction/request_sender.ts";
import { DEFAULT_TIMERS } from "../../../core/transaction/timers.ts";
import { TransactionLayer } from "../../../core/transaction/transaction_layer.ts";
import type { Target } from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import type { FlowTransport } from "../../../core/transport/flow_transport.ts";
import type { StunUser } from "../../../core/transport/stun_client.ts";
import { FlowWatchers } from "../../../core/transport/flow_watchers.ts";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import type { RegistrationGround } from "../../../core/trunk/registration_ground.ts";
import {
  DEFAULT_RETRY_TIMES,
  type RegistrationSettings,
} from "../../../core/trunk/registration_settings.ts";
import { Registrations } from "../../../core/trunk/registrations.ts";
import { type FakeFlow, FakeTransport } from "../transaction/bed.ts";

/** A URI of a test's own. */
export function uri(text: string): SipUri {
  const parsed = parseSipUri(text);
  assertExists(parsed);
  return parsed;
}

/** What a test does not set. */
export const USUAL: RegistrationSettings = {
  registrars: [uri("sip:192.0.2.11")],
  domain: undefined,
  aor: uri("sip:me@carrier.example"),
  expiresSeconds: 600,
  account: { username: "me", password: "secret" },
  contactUser: "me",
  line: "0123456789abcdef",
  contact: "auto",
  dual: false,
  failbackSeconds: 300,
  unregisterOnDrain: true,
  required: false,
  outbound: "off",
  instance: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  flow: {},
  retry: DEFAULT_RETRY_TIMES,
};

/** Notes what is asked of flows. */
class FakeFlows implements FlowTransport {
  readonly watchers = new FlowWatchers();
  readonly pings: Flow[] = [];
  readonly bindings: Flow[] = [];
  /** Who asked last by STUN. */
  stunUser: StunUser | undefined;

  watch(...args: Parameters<FlowTransport["watch"]>): void {
    this.watchers.add(...args);
  }

  unwatch(...args: Parameters<FlowTransport["unwatch"]>): void {
    this.watchers.remove(...args);
  }

  ping(flow: Flow): void {
    this.pings.push(flow);
  }

  bind(flow: Flow, user: StunUser): undefined {
    this.bindings.push(flow);
    this.stunUser = user;
  }

  finish(): void {}
}

class NotingObserver extends CountingObserver {
  readonly lines: string[] = [];

  override log({ level, text, fields }: LogRecord): void {
    if (level === "debug") return;
    const { server, status, why } = fields ?? {};
    this.lines.push(
      [text, server, status ?? why].filter((one) => one !== undefined)
        .join(" "),
    );
  }
}

/** One trunk, `carrier`, whose servers a test plays. */
export class RegistrationBed {
  readonly wheel = new TimerWheel();
  readonly observer = new NotingObserver();
  readonly transport = new FakeTransport(this.wheel);
  readonly flows = new FakeFlows();
  readonly layer: TransactionLayer;
  readonly registrations: Registrations;
  readonly ground: RegistrationGround;
  /** Where names lead. */
  readonly names = new Map<string, readonly Target[]>();
  #taken = 0;

  constructor(settings: Partial<RegistrationSettings> = {}) {
    const { wheel: clock, observer, transport, flows } = this;
    const random = seededRandom(1);
    this.layer = new TransactionLayer({
      clock,
      random,
      transport,
      timers: DEFAULT_TIMERS,
      limits: DEFAULT_LIMITS,
      observer,
      user: { onRequest() {}, onCancel() {}, onAck() {}, onStrayResponse() {} },
    });
    const sender = new RequestSender({
      transactions: this.layer,
      resolver: { resolve: (to) => this.#resolve(to) },
      transport,
      clock,
      observer,
    });
    this.ground = { clock, random, observer, sender, flows };
    const register = { ...USUAL, ...settings };
    this.registrations = new Registrations(
      [{ name: "carrier", servers: register.registrars, register }],
      this.ground,
    );
  }

  /** Begins, and gives the first REGISTER. */
  start(): SipRequest {
    this.registrations.start();
    this.run(0);
    return this.last;
  }

  run(ms: number): void {
    this.wheel.advance(this.wheel.now() + ms);
  }

  seconds(seconds: number): void {
    this.run(seconds * 1000);
  }

  /** Lets time pass until something else than what was sent last is sent; gives how many seconds that took. */
  untilNext(): number {
    const [before, sinceMs] = [this.last.cseq?.number, this.wheel.now()];
    for (let wait = 0; wait < 100_000; wait++) {
      if (this.last.cseq?.number !== before) break;
      this.seconds(1);
    }
    return (this.wheel.now() - sinceMs) / 1000;
  }

  /** The REGISTER that was sent last. */
  get last(): SipRequest {
    const { message } = this.transport.last;
    if (message.kind !== "request") throw new TypeError("a request");
    return message;
  }

  /** The servers that were sent something new since it was last asked, by the end of their addresses. */
  takeWays(): string[] {
    const sent = this.transport.sent.slice(this.#taken);
    this.#taken = this.transport.sent.length;
    const ways = sent.map(({ message, flow }) =>
      `${flow.remote.host.slice(-2)} ${message.cseq?.number}`
    );
    return [...new Set(ways)];
  }

  /** The server that was asked last answers; a 2xx lists what was registered, unless `lines` say something of it. */
  answer(status: number, lines: readonly string[] = []): void {
    this.answerTo(this.last, status, lines);
  }

  answerTo(
    request: SipRequest,
    status: number,
    lines: readonly string[] = [],
  ): void {
    const headers = new Headers();
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const via = headers.get("Via");
    headers.delete("Via");
    if (status < 300 && !headers.has("Contact") && !lines.includes("bare:")) {
      const expires = request.headers.get("Expires");
      const [own = ""] = request.list("contact");
      if (expires !== "0") {
        headers.append("Contact", `${own};expires=${expires}`);
      }
    }
    headers.delete("bare");
    const response = responseTo(request, status, { toTag: "t", headers });
    if (via !== undefined) {
      const own = response.headers.get("Via")?.replace(/;rport$/, "");
      response.headers.set("Via", `${own}${via}`);
    }
    const sent = this.transport.sent.findLast(({ message }) =>
      message === request
    );
    assertExists(sent);
    this.transport.handler.onMessage(response, sent.flow);
  }

  get state() {
    return this.registrations.statesOf("carrier")[0]!;
  }

  /** The flow to a server. */
  flowTo(host: string, transport = "UDP"): FakeFlow {
    const flow = this.transport.flows.get(`${transport} ${host}`);
    assertExists(flow);
    return flow;
  }

  counted(counter: string): number {
    return this.observer.counters.get(counter) ?? 0;
  }

  /** Ends a test: no timer, no transaction, nobody who watches a flow. */
  assertNothingLeft(): void {
    this.registrations.stop({ unregister: false });
    this.seconds(64);
    assertEquals(this.layer.size, 0);
    assertEquals(this.wheel.pending, 0);
    assertEquals(this.flows.watchers.size, 0);
  }

  #resolve(to: SipUri): readonly Target[] {
    const transport = to.param("transport") === "tcp" ? "TCP" : "UDP";
    return this.names.get(to.host) ??
      [{ transport, host: to.host, port: to.port ?? 5060 }];
  }
}

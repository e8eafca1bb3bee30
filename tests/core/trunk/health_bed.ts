/** The health of trunks on a virtual clock, over a transport that only takes notes. */

import { assertExists } from "@std/assert";
import type { LogRecord } from "../../../core/base/observer.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { fromBytes } from "../../../core/message/bytes.ts";
import { Headers } from "../../../core/message/headers.ts";
import type { SipRequest } from "../../../core/message/message.ts";
import { parseSipUri, type SipUri } from "../../../core/message/uri.ts";
import type { Target } from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import { Health } from "../../../core/trunk/health.ts";
import type { KeepAliveSettings } from "../../../core/trunk/keep_alive_settings.ts";
import type { TrunkSettings } from "../../../core/trunk/trunk_table.ts";
import { Bed } from "../transaction/bed.ts";

/** One keep-alive as it left. */
export interface SentKeepAlive {
  readonly atMs: number;
  readonly to: Target;
  /** A request, or the bytes of what is none. */
  readonly what: SipRequest | string;
}

/** A keep-alive that is a request. */
export interface SentRequest extends SentKeepAlive {
  readonly what: SipRequest;
}

/** See the module's text. */
export class HealthBed extends Bed {
  readonly log: LogRecord[] = [];
  readonly sent: SentKeepAlive[] = [];
  readonly health: Health;
  /** Where names lead. */
  readonly names = new Map<string, readonly Target[]>();
  /** What servers answer at once: a status, with Retry-After perhaps; nothing: silence. By host. */
  readonly answers = new Map<string, { status: number; retryAfter?: string }>();

  constructor(trunks: readonly TrunkSettings[]) {
    super();
    const observer = new CountingObserver();
    observer.log = (record) => void this.log.push(record);
    const { transport } = this;
    const send = transport.send.bind(transport);
    transport.send = (bytes, flow, onError) => {
      const text = fromBytes(bytes);
      const to = { ...flow.remote, transport: flow.transport };
      const atMs = this.wheel.now();
      if (!text.includes("SIP/2.0")) {
        this.sent.push({ atMs, to, what: text });
        return;
      }
      send(bytes, flow, onError);
      const { message } = transport.last;
      if (message.kind !== "request") return;
      this.sent.push({ atMs, to, what: message });
      this.#answer(message, flow);
    };
    this.health = new Health(trunks, {
      clock: this.wheel,
      random: seededRandom(1),
      observer,
      transactions: this.layer,
      transport,
      resolver: {
        resolve: (uri) =>
          this.names.get(uri.host) ?? [{
            transport: uri.param("transport") === "tcp" ? "TCP" : "UDP",
            host: uri.host,
            port: uri.port ?? 5060,
          }],
      },
      contactFor: (flow) => `<sip:${flow.sentBy}>`,
    });
  }

  /** The conditions of a trunk's addresses in order, and its own before them. */
  conditions(name = "carrier"): string[] {
    const trunk = this.health.states([]).find((one) => one.name === name);
    assertExists(trunk);
    return [
      trunk.condition,
      ...trunk.servers.flatMap(({ addresses }) =>
        addresses.map(({ condition }) => condition)
      ),
    ];
  }

  /** The requests sent since the last look, as `192.0.2.11 OPTIONS`. */
  takeSent(): string[] {
    return this.sent.splice(0).map(({ to, what }) =>
      `${to.host} ${
        typeof what === "string" ? JSON.stringify(what) : what.method
      }`
    );
  }

  #answer(request: SipRequest, flow: Flow): void {
    const answer = this.answers.get(flow.remote.host);
    if (answer === undefined) return;
    const headers = new Headers();
    if (answer.retryAfter !== undefined) {
      headers.append("Retry-After", answer.retryAfter);
    }
    queueMicrotask(() => this.answer(request, answer.status, { headers }));
  }

  /** Lets time pass, answers on their way. */
  async pass(seconds: number): Promise<void> {
    const untilMs = this.wheel.now() + seconds * 1000;
    for (;;) {
      const dueMs = this.wheel.nextDueMs();
      if (dueMs === undefined || dueMs > untilMs) break;
      this.wheel.advance(dueMs);
      await Promise.resolve();
    }
    this.wheel.advance(untilMs);
    await Promise.resolve();
  }
}

/** A trunk with the servers of these hosts. */
export function trunk(
  hosts: readonly string[],
  keepalive?: Partial<KeepAliveSettings>,
): TrunkSettings {
  return {
    name: "carrier",
    servers: hosts.map((host) => uri(`sip:${host}`)),
    ...(keepalive === undefined
      ? {}
      : { keepalive: { kind: "options", ...keepalive } }),
  };
}

/** A URI that is one. */
export function uri(text: string): SipUri {
  const parsed = parseSipUri(text);
  assertExists(parsed);
  return parsed;
}

/** An address by UDP. */
export function udp(host: string, port = 5060): Target {
  return { transport: "UDP", host, port };
}

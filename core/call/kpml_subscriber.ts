/**
 * Keys of a leg by KPML (RFC 4730): we subscribe within its dialog, and are told of each key by NOTIFY. This is how
 * Cisco's gateways and phones tell of keys where RTP cannot.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import { fromBytes, toBytes } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import type { SipResponse } from "../message/message.ts";
import { getParam } from "../message/params.ts";
import type { KeyListener } from "../media/key.ts";
import {
  KPML_REQUEST,
  KPML_RESPONSE,
  readKpmlReport,
  writeKpmlRequest,
} from "../media/kpml.ts";
import type { IncomingExchange } from "./exchange.ts";
import type { Leg } from "./leg.ts";

/** What a subscription works with. */
export interface KpmlSubscriberParts {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly leg: Leg;
  /** Who is told of the keys. */
  readonly listener: KeyListener;
}

/** RFC 4730 §4.3.4: the package's own duration, two hours. */
const EXPIRES_SECONDS = 7_200;
/** A report does not say how long a key was. */
const USUAL_DURATION_MS = 250;
/** How often it is tried anew after a silence or an end that was not refused. */
const MAX_RETRIES = 3;
const RETRY_MS = 5_000;
/** A shorter duration than this is asked for anew no sooner. */
const SHORTEST_MS = 5_000;

/** Our subscription to one leg's keys. */
export class KpmlSubscriber implements Timed {
  readonly #parts: KpmlSubscriberParts;
  #expiresSeconds = EXPIRES_SECONDS;
  #retriesLeft = MAX_RETRIES;
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: KpmlSubscriberParts) {
    this.#parts = parts;
  }

  /** Subscribes, or makes the subscription last longer. */
  subscribe(): void {
    const headers = new Headers()
      .append("Event", "kpml")
      .append("Expires", String(this.#expiresSeconds))
      .append("Accept", KPML_RESPONSE)
      .append("Content-Type", KPML_REQUEST);
    this.#parts.leg.request("SUBSCRIBE", {
      content: { headers, body: toBytes(writeKpmlRequest()) },
      user: {
        onResponse: (response) => this.#answered(response),
        onFailure: () => this.#retry(),
      },
    });
  }

  /** A NOTIFY of the leg; true when it was about keys and is answered. */
  takeNotify(exchange: IncomingExchange): boolean {
    const { headers, body } = exchange.content;
    const event = headers.first("event")?.value ?? "";
    if (event.split(";", 1)[0]?.trim().toLowerCase() !== "kpml") return false;
    exchange.reply(200);
    const report = readKpmlReport(fromBytes(body.subarray(0, 8_192)));
    if (report !== undefined && report.code < 300) {
      for (const key of report.keys) {
        this.#parts.listener.keyUp({
          key,
          durationMs: USUAL_DURATION_MS,
          kind: "kpml",
        });
      }
    }
    this.#state(headers.first("subscription-state")?.value ?? "active");
    return true;
  }

  /** The call is over, and the subscription with its dialog. */
  close(): void {
    this.#closed = true;
    this.#parts.clock.cancel(this.#timer);
  }

  onTimer(_name: string): void {
    if (!this.#closed) this.subscribe();
  }

  #answered(response: SipResponse): void {
    const { status, headers } = response;
    if (status < 200 || this.#closed) return;
    if (status < 300) {
      this.#retriesLeft = MAX_RETRIES;
      // RFC 6665 §4.1.2.2: a refresh is sent before the subscription expires; its 2xx names the duration.
      const seconds = Number(headers.get("Expires") ?? this.#expiresSeconds);
      const afterMs = seconds > 0 ? seconds * 900 : EXPIRES_SECONDS * 900;
      this.#schedule(Math.max(afterMs, SHORTEST_MS));
      return;
    }
    const least = Number(headers.get("Min-Expires"));
    if (status === 423 && least > this.#expiresSeconds) {
      this.#expiresSeconds = Math.min(least, 86_400);
      this.#retry(0);
    } else if (status === 408 || status >= 500) this.#retry();
    else this.#giveUp(`answered ${status}`);
  }

  /** RFC 6665 §4.1.3: what the end of a subscription means depends on its reason. */
  #state(value: string): void {
    if (value.split(";", 1)[0]?.trim().toLowerCase() !== "terminated") return;
    switch (getParam(value, "reason")?.toLowerCase()) {
      case "rejected":
      case "noresource":
      case "invariant":
        this.#giveUp("ended it");
        return;
      default:
        this.#retry();
    }
  }

  #retry(afterMs = RETRY_MS): void {
    if (this.#closed) return;
    if (this.#retriesLeft-- > 0) this.#schedule(afterMs);
    else this.#giveUp("does not answer");
  }

  #schedule(afterMs: number): void {
    const { clock } = this.#parts;
    clock.cancel(this.#timer);
    this.#timer = clock.schedule(afterMs, this, "kpml subscription");
  }

  #giveUp(why: string): void {
    const { clock, observer, leg } = this.#parts;
    clock.cancel(this.#timer);
    observer.count("media_kpml_refused");
    observer.log({
      level: "info",
      text: "no keys by KPML: the peer refused the subscription",
      fields: { call: leg.call.id, leg: leg.name, why },
    });
  }
}

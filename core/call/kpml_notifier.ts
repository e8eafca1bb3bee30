/**
 * Keys for a leg by KPML (RFC 4730): its peer subscribes within the dialog, and is told of each key by NOTIFY.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import { fromBytes, toBytes } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import type { Key } from "../media/key.ts";
import type { KeySink } from "../media/key_sink.ts";
import {
  KPML_REQUEST,
  KPML_RESPONSE,
  type KpmlPattern,
  type KpmlReport,
  readKpmlRequest,
  writeKpmlReport,
} from "../media/kpml.ts";
import { MessageSink } from "../media/message_sink.ts";
import type { IncomingExchange } from "./exchange.ts";
import { type Content, NO_CONTENT } from "./header_policy.ts";
import type { Leg } from "./leg.ts";

/** What a notifier works with. */
export interface KpmlNotifierParts {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly leg: Leg;
  /** The peer can be told of keys now, or no more. */
  changed(): void;
}

/** RFC 4730 §4.3.4: the package's own duration, two hours; nothing longer is granted. */
const MOST_SECONDS = 7_200;

/** The peer's subscription to the keys of the other leg. */
export class KpmlNotifier implements Timed {
  readonly #parts: KpmlNotifierParts;
  #pattern: KpmlPattern | undefined;
  #untilMs = 0;
  #timer: Timer | undefined;

  constructor(parts: KpmlNotifierParts) {
    this.#parts = parts;
  }

  /** How keys are sent while the subscription lasts; undefined while there is none. */
  get sink(): KeySink | undefined {
    return this.#pattern === undefined
      ? undefined
      : new MessageSink({ kind: "kpml", out: this });
  }

  /** A SUBSCRIBE of the leg: answered, whatever it is for. */
  takeSubscribe(exchange: IncomingExchange): void {
    const { headers, body } = exchange.content;
    const event = headers.first("event")?.value ?? "";
    if (event.split(";", 1)[0]?.trim().toLowerCase() !== "kpml") {
      // RFC 6665 §7.2.2: 489 (Bad Event) says that the package is not understood, §8.2.2: Allow-Events which are.
      exchange.reply(489, {
        content: content({ "Allow-Events": "kpml" }),
      });
      return;
    }
    const type = headers.first("content-type")?.value ?? "";
    if (body.length > 0 && !type.toLowerCase().startsWith(KPML_REQUEST)) {
      exchange.reply(415, { content: content({ Accept: KPML_REQUEST }) });
      return;
    }
    const asked = Number(headers.first("expires")?.value ?? MOST_SECONDS);
    const seconds = asked >= 0 ? Math.min(asked, MOST_SECONDS) : MOST_SECONDS;
    exchange.reply(200, { content: content({ Expires: String(seconds) }) });
    if (seconds === 0) {
      // RFC 6665 §4.2.1.4: the NOTIFY that follows an unsubscription says that it is terminated.
      this.#end("timeout", expired());
      return;
    }
    if (body.length > 0 || this.#pattern === undefined) {
      const read = readKpmlRequest(fromBytes(body.subarray(0, 16_384)));
      if (!read.ok) {
        this.#end("rejected", { ...read, keys: [], tag: "" });
        return;
      }
      this.#pattern = read.pattern;
    }
    const { clock } = this.#parts;
    this.#untilMs = clock.now() + seconds * 1000;
    clock.cancel(this.#timer);
    this.#timer = clock.schedule(seconds * 1000, this, "kpml expires");
    // RFC 6665 §4.2.1.2: a NOTIFY follows each SUBSCRIBE that is accepted, at once.
    this.#notify(this.#active, undefined, () => {});
    this.#parts.changed();
  }

  /** Tells of one key. */
  sendKey(
    press: { readonly key: Key; readonly durationMs: number },
    answered: (isAccepted: boolean) => void,
  ): void {
    const pattern = this.#pattern;
    const tag = pattern?.keys.get(press.key);
    if (pattern === undefined || tag === undefined) {
      this.#parts.observer.count("media_keys_refused");
      answered(false);
      return;
    }
    const report = { code: 200, text: "OK", keys: [press.key], tag };
    // RFC 4730 §4.3: a pattern without `persist` is done with its first match.
    if (pattern.persist === "persist") {
      this.#notify(this.#active, report, answered);
    } else this.#end("noresource", report, answered);
  }

  /** The call is over, and the subscription with its dialog. */
  close(): void {
    this.#pattern = undefined;
    this.#parts.clock.cancel(this.#timer);
  }

  onTimer(_name: string): void {
    this.#end("timeout", expired());
  }

  get #active(): string {
    const leftMs = this.#untilMs - this.#parts.clock.now();
    return `active;expires=${Math.max(0, Math.ceil(leftMs / 1000))}`;
  }

  #end(
    reason: string,
    report: KpmlReport,
    answered: (isAccepted: boolean) => void = () => {},
  ): void {
    const had = this.#pattern !== undefined;
    this.close();
    this.#notify(`terminated;reason=${reason}`, report, answered);
    if (had) this.#parts.changed();
  }

  #notify(
    state: string,
    report: KpmlReport | undefined,
    answered: (isAccepted: boolean) => void,
  ): void {
    const headers = new Headers()
      .append("Event", "kpml")
      .append("Subscription-State", state);
    if (report !== undefined) headers.append("Content-Type", KPML_RESPONSE);
    const body = report === undefined
      ? NO_CONTENT.body
      : toBytes(writeKpmlReport(report));
    this.#parts.leg.request("NOTIFY", {
      content: { headers, body },
      user: {
        onResponse: ({ status }) => {
          if (status < 200) return;
          // RFC 6665 §4.2.2: a subscriber that answers 481 has no subscription any more.
          if (status === 481 && this.#pattern !== undefined) {
            this.close();
            this.#parts.changed();
          }
          answered(status < 300);
        },
        onFailure: () => answered(false),
      },
    });
  }
}

function expired(): KpmlReport {
  return { code: 487, text: "Subscription Expired", keys: [], tag: "" };
}

function content(fields: Readonly<Record<string, string>>): Content {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    headers.append(name, value);
  }
  return { headers, body: NO_CONTENT.body };
}

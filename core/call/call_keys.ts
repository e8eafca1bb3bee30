/**
 * The keys of one call (DTMF): heard on either leg in INFO, in media or by KPML, decided about, and passed on to the
 * other leg in the way its trunk wants them.
 *
 * It is made for the first key that is more than an INFO to be passed on as it is; most calls have none.
 *
 * @module
 */

import { readKeyInfo } from "../media/dtmf_info.ts";
import { DEFAULT_DTMF, type DtmfSettings } from "../media/dtmf_settings.ts";
import { DtmfTranslator, type PassedKey } from "../media/dtmf_translator.ts";
import {
  characterOfKey,
  type KeyListener,
  type KeyPress,
  keysOf,
  type SendKind,
} from "../media/key.ts";
import type { KeySink } from "../media/key_sink.ts";
import type { MediaKeys } from "../media/media_keys.ts";
import type { CallContext } from "./call_context.ts";
import type { CallPolicy } from "./call_policy.ts";
import { relay } from "./decisions.ts";
import type { IncomingExchange } from "./exchange.ts";
import { infoSinks, keyInfoOf, REFUSED_INFO } from "./info_keys.ts";
import { KpmlNotifier } from "./kpml_notifier.ts";
import { KpmlSubscriber } from "./kpml_subscriber.ts";
import type { TrunkTable } from "../trunk/trunk_table.ts";
import type { Leg } from "./leg.ts";
import type { CallSummary, CallView } from "./policy.ts";

/** A side of a call. */
export type Side = "a" | "b";

/** The call whose keys they are. */
export interface KeysOwner {
  readonly view: CallView;
  readonly policy: CallPolicy;
  /** A leg, answered or not; undefined while there is none. */
  legOf(side: Side): Leg | undefined;
  /** The same, undefined until it can be sent keys: its dialog stands. */
  keyLeg(side: Side): Leg | undefined;
}

/** The keys that a leg has pressed, for a script that asked for them. */
export type CollectedKeys = Readonly<Record<Side, string>>;

/** Most keys of a leg that are kept. */
const MOST_COLLECTED = 256;

/** See the module's text. */
export class CallKeys {
  readonly #owner: KeysOwner;
  readonly #context: CallContext;
  /** By the side that presses. */
  readonly #translators: Partial<Record<Side, DtmfTranslator>> = {};
  readonly #pressed: Record<Side, number> = { a: 0, b: 0 };
  readonly #subscribers: Partial<Record<Side, KpmlSubscriber>> = {};
  readonly #notifiers: Partial<Record<Side, KpmlNotifier>> = {};
  #media: MediaKeys | undefined;
  #collected: Record<Side, string> | undefined;
  #closed = false;

  constructor(owner: KeysOwner, context: CallContext) {
    this.#owner = owner;
    this.#context = context;
  }

  /** For the call's record; undefined where no key was pressed. */
  get summary(): Pick<CallSummary, "keys" | "collected"> | undefined {
    const { a, b } = this.#pressed;
    if (a + b === 0) return undefined;
    const kept = this.#collected;
    if (kept === undefined) return { keys: { a, b } };
    const shown = (["a", "b"] as const).filter((side) => !this.#masks(side));
    return {
      keys: { a, b },
      collected: Object.fromEntries(shown.map((side) => [side, kept[side]])),
    };
  }

  /** What was pressed since {@linkcode CallKeys.collect}; undefined before it. */
  get collected(): CollectedKeys | undefined {
    return this.#collected;
  }

  /** Keys are kept from now on. */
  collect(): void {
    this.#collected ??= { a: "", b: "" };
    this.#hearBoth();
  }

  /**
   * A request within the call that may be about keys: INFO, or KPML's NOTIFY and SUBSCRIBE. True when it is taken care
   * of.
   */
  take(leg: Leg, exchange: IncomingExchange): boolean {
    switch (exchange.method) {
      case "INFO":
        return this.#takeInfo(leg, exchange);
      case "NOTIFY":
        return this.#subscribers[leg.name]?.takeNotify(exchange) ?? false;
      case "SUBSCRIBE":
        this.#notifier(leg).takeSubscribe(exchange);
        return true;
    }
    return false;
  }

  /**
   * An INFO within the call. True when it was a key and is taken care of; false when it goes on as it is: it is no key,
   * or one that the other leg takes just so and that nobody asks about.
   */
  #takeInfo(leg: Leg, exchange: IncomingExchange): boolean {
    const info = keyInfoOf(exchange.content);
    const read = readKeyInfo(info);
    if (read.kind === "other") return false;
    if (this.#passesAsItIs(leg.name, info.contentType)) return false;
    if (read.kind === "unreadable") {
      this.#context.observer.count("media_keys_unreadable");
      // RFC 3261 §21.4.13: "The server MUST return a list of acceptable formats using the Accept, Accept-Encoding,
      // or Accept-Language header field".
      exchange.reply(415, { content: REFUSED_INFO });
      return true;
    }
    exchange.reply(200);
    this.listener(leg.name).keyUp({ ...read, kind: "info" });
    return true;
  }

  /** Who is told of the keys that a side presses, however they are heard. */
  listener(side: Side): KeyListener {
    return this.#translators[side] ??= this.#translator(side);
  }

  /** The call's media can be listened to, and keys sent into it. */
  setMedia(media: MediaKeys): void {
    this.#media = media;
    this.#hearBoth();
    this.refresh();
  }

  /** A leg was answered, or its session changed: what keys can be sent with may have changed. */
  refresh(): void {
    for (const side of ["a", "b"] as const) {
      this.#subscribe(side);
      const translator = this.#translators[side];
      if (translator !== undefined) this.#attach(translator, other(side));
    }
  }

  /** Sends keys to a side, as if the other had pressed them; nobody decides about them. */
  inject(to: Side, keys: readonly PassedKey[]): void {
    const from = other(to);
    this.#translators[from] ??= this.#translator(from);
    for (const key of keys) this.#translators[from].inject(key);
  }

  /** The call is over. */
  close(): void {
    this.#closed = true;
    for (const translator of Object.values(this.#translators)) {
      translator.close();
    }
    for (const one of Object.values(this.#subscribers)) one.close();
    for (const one of Object.values(this.#notifiers)) one.close();
  }

  /** A leg whose trunk hears keys by KPML is asked to tell of them, once it can be asked. */
  #subscribe(side: Side): void {
    const leg = this.#owner.keyLeg(side);
    if (
      leg === undefined || this.#closed ||
      this.#subscribers[side] !== undefined ||
      !this.#settings(side).receive.includes("kpml")
    ) return;
    const { clock, observer } = this.#context;
    const listener = this.listener(side);
    const subscriber = new KpmlSubscriber({ clock, observer, leg, listener });
    this.#subscribers[side] = subscriber;
    subscriber.subscribe();
  }

  #notifier(leg: Leg): KpmlNotifier {
    const { clock, observer } = this.#context;
    return this.#notifiers[leg.name] ??= new KpmlNotifier({
      clock,
      observer,
      leg,
      changed: () => this.refresh(),
    });
  }

  #hearBoth(): void {
    for (const side of ["a", "b"] as const) {
      this.#media?.listen(side, this.listener(side));
    }
  }

  #translator(from: Side): DtmfTranslator {
    const { clock, observer, limits } = this.#context;
    const { events } = this.#owner.policy;
    const translator = new DtmfTranslator({
      clock,
      observer,
      limits,
      receive: this.#settings(from).receive,
      minDurationMs: this.#settings(other(from)).minDurationMs,
      onPress: (press) => this.#onPress(from, press),
      // Without a hook a key may go on while it is still down.
      ...(events.hasOnDtmf
        ? { decide: (press: KeyPress) => this.#decide(from, press) }
        : {}),
    });
    this.#attach(translator, other(from));
    return translator;
  }

  #attach(translator: DtmfTranslator, to: Side): void {
    const leg = this.#owner.keyLeg(to);
    if (this.#closed || leg === undefined) {
      translator.detach();
      return;
    }
    const kpml = this.#notifiers[to]?.sink;
    const sinks = [
      ...this.#media?.sinks(to) ?? [],
      ...kpml === undefined ? [] : [kpml],
      ...infoSinks(leg, this.#context),
    ];
    translator.attach(preferred(sinks, this.#settings(to).send));
  }

  /** Nothing is to be done about such an INFO but to pass it on. */
  #passesAsItIs(from: Side, contentType: string | undefined): boolean {
    if (
      this.#owner.policy.events.hasOnDtmf || this.#collected !== undefined ||
      this.#media !== undefined || this.#owner.keyLeg(other(from)) === undefined
    ) return false;
    if (!this.#settings(from).receive.includes("info")) return false;
    const { send } = this.#settings(other(from));
    return send === "auto" || send === infoKindOf(contentType);
  }

  #onPress(from: Side, { key, kind, durationMs }: KeyPress): void {
    this.#pressed[from]++;
    const character = characterOfKey(key);
    const collected = this.#collected;
    if (collected !== undefined) {
      collected[from] = (collected[from] + character).slice(-MOST_COLLECTED);
    }
    this.#context.observer.count("media_keys_heard");
    this.#context.trace?.key?.({
      call: this.#owner.view.id,
      leg: from,
      key: this.#masks(from) ? "?" : character,
      kind,
      durationMs,
    });
  }

  #decide(
    from: Side,
    press: KeyPress,
  ): readonly PassedKey[] | undefined {
    const leg = this.#owner.legOf(from);
    if (leg === undefined) return undefined;
    const { key, durationMs, kind } = press;
    const decision = this.#owner.policy.events.onDtmf(this.#owner.view, {
      byDefault: relay(),
      view: () => ({ leg, key: characterOfKey(key), durationMs, kind }),
      masked: this.#masks(from),
    });
    const as = "as" in decision && decision.as !== undefined
      ? { as: decision.as }
      : {};
    switch (decision.action) {
      case "relay":
        return [{ key, durationMs, ...as }];
      case "suppress":
        return [];
      case "replace":
        return keysOf(decision.keys ?? "")
          ?.map((key) => ({ key, durationMs, ...as }));
    }
  }

  #masks(side: Side): boolean {
    return this.#settings(side).mask;
  }

  #settings(side: Side): DtmfSettings {
    const trunk = this.#owner.legOf(side)?.trunk;
    const settings = trunk === undefined
      ? undefined
      : this.#context.trunks.get(trunk)?.dtmf;
    return settings ?? DEFAULT_DTMF;
  }
}

/** True for a request that may be about keys: all others need not be looked at. */
export function mayBeKey({ method, content }: IncomingExchange): boolean {
  switch (method) {
    case "INFO":
    case "SUBSCRIBE":
      return true;
    case "NOTIFY":
      return content.headers.has("event");
  }
  return false;
}

/** True when a leg must be asked for its keys: by KPML. */
export function wantsKeys(
  owner: KeysOwner,
  { trunks }: Pick<CallContext, "trunks">,
): boolean {
  return tellsByKpml(owner.keyLeg("a"), trunks) ||
    tellsByKpml(owner.keyLeg("b"), trunks);
}

function tellsByKpml(leg: Leg | undefined, trunks: TrunkTable): boolean {
  return leg?.trunk !== undefined &&
    trunks.get(leg.trunk)?.dtmf?.receive.includes("kpml") === true;
}

/** The sinks with the trunk's own way first: keys go by the first that there is. */
function preferred(
  sinks: readonly KeySink[],
  send: SendKind | "auto",
): readonly KeySink[] {
  if (send === "auto") return sinks;
  const own = sinks.filter(({ kind }) => kind === send);
  return [...own, ...sinks.filter(({ kind }) => kind !== send)];
}

function infoKindOf(contentType: string | undefined): SendKind | undefined {
  switch (contentType?.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/dtmf-relay":
      return "info";
    case "application/dtmf":
      return "info-dtmf";
  }
  return undefined;
}

function other(side: Side): Side {
  return side === "a" ? "b" : "a";
}

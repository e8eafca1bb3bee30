import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import { payloadFormats } from "../sdp/codecs.ts";
import type { MediaDescription } from "../sdp/media_description.ts";
import { SessionDescription } from "../sdp/session_description.ts";
import type { HeardKind, KeyListener } from "./key.ts";
import type { KeySink } from "./key_sink.ts";
import { heardMedia, type KeyStream, sentMedia } from "./key_formats.ts";
import type { Side } from "./media_anchor.ts";
import type { MediaKeys } from "./media_keys.ts";
import { PortKeys } from "./port_keys.ts";
import type { RelayPort } from "./relay_port.ts";
import { isHeld } from "./stream_facts.ts";

/** What the keys of a relayed call are made of. */
export interface RelayKeysParts {
  readonly clock: Clock;
  readonly observer: Observer;
  /** The relay of the call. */
  readonly anchor: {
    port(side: Side, stream: number): RelayPort | undefined;
  };
  /** What the trunk of a side is set to. */
  settings(side: Side): {
    readonly receive: readonly HeardKind[];
    readonly gapMs: number;
  };
}

/**
 * A description that crossed the relay: as it came, and as the other side got it. The texts are kept for as long as
 * they hold: copies, no slices of a datagram.
 */
export interface CrossedTexts {
  readonly from: Side;
  readonly received: string;
  readonly written: string;
}

/** One side: what was said and told of its streams, who hears its keys, and the port where they are. */
interface KeySide {
  theirs: string | undefined;
  ours: string | undefined;
  /** The first stream of audio that both descriptions have, by its place. */
  stream: (KeyStream & { readonly at: number }) | undefined;
  listener: KeyListener | undefined;
  port: RelayPort | undefined;
  keys: PortKeys | undefined;
}

/**
 * The keys in the media of a relayed call. Nothing is looked at until somebody listens, or sends; from then on each
 * side's first audio stream has a tap, and events of a side that is listened to end at it.
 */
export class RelayKeys implements MediaKeys {
  readonly #parts: RelayKeysParts;
  readonly #sides: Readonly<Record<Side, KeySide>> = {
    a: nobody(),
    b: nobody(),
  };
  #offer: CrossedTexts | undefined;
  #isUsed = false;
  /** The descriptions are others than those that were last looked into. */
  #isStale = false;

  constructor(parts: RelayKeysParts) {
    this.#parts = parts;
  }

  /** An offer crossed the relay; it holds once it is answered. */
  offered(offer: CrossedTexts): void {
    this.#offer = offer;
  }

  /** An answer crossed the relay. */
  answered(answer: CrossedTexts): void {
    if (this.#offer !== undefined) this.#take(this.#offer);
    this.#offer = undefined;
    this.#take(answer);
    this.#isStale = true;
    if (this.#isUsed) this.refresh();
  }

  /** The last offer came to nothing. */
  refused(): void {
    this.#offer = undefined;
  }

  /** The ports may have changed: another target, a stream less. */
  refresh(): void {
    this.#isUsed = true;
    if (this.#isStale) {
      for (const side of Object.values(this.#sides)) {
        side.stream = streamOf(side);
      }
      this.#isStale = false;
    }
    for (const side of ["a", "b"] as const) this.#settle(side);
    this.#sides.a.keys?.join(this.#sides.b.keys);
  }

  listen(side: Side, listener: KeyListener): void {
    this.#sides[side].listener = listener;
    this.refresh();
  }

  sinks(side: Side): readonly KeySink[] {
    this.refresh();
    const { keys, port, stream } = this.#sides[side];
    // RFC 3264 §5.1: nothing is sent to a side that only sends, or is on hold.
    if (keys === undefined || stream === undefined) return [];
    if (port?.facts === undefined || isHeld(port.facts)) return [];
    const { gapMs } = this.#parts.settings(side);
    return keys.sinks({ ...sentMedia(stream), gapMs });
  }

  /** The call is over: keys that are down are up. */
  close(): void {
    for (const side of ["a", "b"] as const) this.#drop(this.#sides[side]);
  }

  /** Puts a tap where a side's audio is now. */
  #settle(name: Side): void {
    const side = this.#sides[name];
    const { stream } = side;
    const port = stream && this.#parts.anchor.port(name, stream.at);
    if (side.port !== port) this.#drop(side);
    if (port === undefined || stream === undefined) return;
    if (side.keys === undefined) {
      const { clock, observer } = this.#parts;
      const listener: KeyListener = {
        keyDown: (key, kind) => side.listener?.keyDown(key, kind),
        keyUp: (press) => side.listener?.keyUp(press),
      };
      side.port = port;
      side.keys = new PortKeys({ clock, observer, port, listener });
      port.tap = side.keys;
    }
    const { formats, laws } = heardMedia(stream);
    const kinds = side.listener === undefined
      ? []
      : this.#parts.settings(name).receive;
    side.keys.hear({
      formats: kinds.includes("rfc4733") ? formats : [],
      laws: kinds.includes("inband") ? laws : [],
      passesEvents: false,
    });
  }

  #drop(side: KeySide): void {
    if (side.port?.tap === side.keys && side.port !== undefined) {
      side.port.tap = undefined;
    }
    side.keys?.close();
    side.keys = side.port = undefined;
  }

  #take({ from, received, written }: CrossedTexts): void {
    this.#sides[from].theirs = received;
    this.#sides[other(from)].ours = written;
  }
}

function nobody(): KeySide {
  return {
    theirs: undefined,
    ours: undefined,
    stream: undefined,
    listener: undefined,
    port: undefined,
    keys: undefined,
  };
}

function streamOf({ theirs, ours }: KeySide): KeySide["stream"] {
  const ourMedia = mediaOf(ours);
  for (const [at, their] of mediaOf(theirs).entries()) {
    const our = ourMedia[at];
    if (our === undefined || !isAudio(their) || !isAudio(our)) continue;
    return { theirs: their, ours: our, at };
  }
  return undefined;
}

function mediaOf(text: string | undefined): readonly MediaDescription[] {
  return text === undefined ? [] : SessionDescription.parse(text)?.media ?? [];
}

function isAudio(stream: MediaDescription): boolean {
  return stream.kind === "audio" && stream.port !== 0 &&
    payloadFormats(stream).length > 0;
}

function other(side: Side): Side {
  return side === "a" ? "b" : "a";
}

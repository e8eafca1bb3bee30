/**
 * One side of a relayed call: a port for each stream of its descriptions, in their order, and the origin of what it is
 * told.
 *
 * @module
 */

import { anchorDescription, type AnchorPoint } from "./anchored.ts";
import type { SessionDescription } from "../sdp/session_description.ts";
import { OriginKeeper } from "./origin.ts";
import type { RelayPort } from "./relay_port.ts";
import type { StreamFacts } from "./stream_facts.ts";

/** Where ports come from. */
export interface PortSource {
  readonly address: string;
  /** A number in digits that names a session. */
  sessionId(): string;
  openPort(): RelayPort | undefined;
  closePort(port: RelayPort): void;
}

/** Most streams of a description that are looked at. */
export const MAX_STREAMS = 16;

/** See the module's text. */
export class RelayEndpoint {
  readonly #source: PortSource;
  readonly #origin: OriginKeeper;
  readonly #ports: (RelayPort | undefined)[] = [];
  /** What the side said, in force. */
  #facts: readonly StreamFacts[] | undefined;

  constructor(source: PortSource) {
    this.#source = source;
    this.#origin = new OriginKeeper(source.sessionId(), source.address);
  }

  get ports(): readonly (RelayPort | undefined)[] {
    return this.#ports;
  }

  get facts(): readonly StreamFacts[] | undefined {
    return this.#facts;
  }

  /** Has a port for each stream that is to be relayed; false when there are none left. */
  open(streams: readonly StreamFacts[]): boolean {
    return streams.every((stream, at) => {
      if (!isRelayed(stream) || this.#ports[at] !== undefined) return true;
      const port = this.#source.openPort();
      this.#ports[at] = port;
      return port !== undefined;
    });
  }

  /** Writes what this side is told in the place of the other; as text, which is kept once only. */
  write(
    description: SessionDescription,
    { streams, standing }: {
      streams: readonly StreamFacts[];
      standing: string | undefined;
    },
  ): string {
    const points = streams.map((stream, at): AnchorPoint | undefined =>
      isRelayed(stream) ? this.#ports[at] : undefined
    );
    anchorDescription(description, { address: this.#source.address, points });
    return this.#origin.write(description, standing);
  }

  /** What the side said came into force, or is in force again. */
  apply(facts: readonly StreamFacts[]): void {
    this.#facts = facts;
    facts.forEach((stream, at) => {
      if (isRelayed(stream)) this.#ports[at]?.apply(stream);
    });
  }

  /** Closes the ports of streams that `keep` does not want. */
  trim(keep: (at: number) => boolean): void {
    this.#ports.forEach((port, at) => {
      if (port === undefined || keep(at)) return;
      this.#source.closePort(port);
      this.#ports[at] = undefined;
    });
  }
}

/** Whether packets of a stream come by us. */
export function isRelayed(stream: StreamFacts): boolean {
  return !stream.refused && stream.transport !== "other";
}

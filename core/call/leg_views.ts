/** A call and its legs as a policy sees them. */

import type { DtmfKind, Json } from "./decisions.ts";
import type {
  ContentView,
  PartyView,
  ReadHeaders,
  UriView,
} from "./message_views.ts";

/** One side of a call. */
export interface LegView {
  /** A called us, B was called by us. Requests outside any call come on "a". */
  readonly name: "a" | "b";
  /** The trunk's name, or undefined for a peer that is none. */
  readonly trunk: string | undefined;
  /** The peer's address: `udp:192.0.2.1:5060`. */
  readonly peer: string;
  /** The call, or undefined outside any call. */
  readonly call: CallView | undefined;
}

/** A call in a hook: the A leg's INVITE as it stands after the inbound hooks, read-only: whatever would edit it throws. */
export interface CallView extends ContentView {
  /** Legwork's own identifier, unlike any Call-ID on the wire. */
  readonly id: string;
  /** The trunk the call came in on, or undefined. */
  readonly trunk: string | undefined;
  /** Who calls. */
  readonly from: Readonly<PartyView>;
  /** Who is called. */
  readonly to: Readonly<PartyView>;
  /** The request URI: where the call is to go. */
  readonly uri: Readonly<UriView>;
  /** The header fields of the INVITE. */
  readonly headers: ReadHeaders;
  /** The body of the INVITE as text. */
  readonly body: string;
  /** The caller's address: `udp:192.0.2.1:5060`. */
  readonly source: string;
  /** The keys that each leg has pressed since {@linkcode CallView.collectKeys}, `!` for flash; the last 256. */
  readonly keys: Readonly<Record<"a" | "b", string>>;
  /** Keeps the keys that are pressed from now on, for {@linkcode CallView.keys}. */
  collectKeys(): void;
  /**
   * Sends keys to a leg, as if the other had pressed them: 0 to 9, `*`, `#`, A to D, `!` for flash; at most 64. They
   * leave once the hook has returned, and wait for a leg that has not answered yet. Each lasts 160 ms, and goes as the
   * leg's trunk says, unless `options` say otherwise.
   */
  sendKeys(
    leg: "a" | "b",
    keys: string,
    options?: { readonly durationMs?: number; readonly as?: DtmfKind },
  ): void;
  /** The policy's own notes about this call, kept across hooks and revisions; JSON only. */
  readonly vars: Record<string, Json>;
}

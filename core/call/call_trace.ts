/**
 * What a call's story is told to: its messages, what hooks did to them, what was decided. Without one nothing is
 * built and nothing is compared.
 *
 * @module
 */

import type { SipMessage } from "../message/message.ts";
import type { Edit } from "./edits.ts";
import type { LegView } from "./policy.ts";

/** Hears what happens to calls. It must not throw. */
export interface CallTrace {
  /** False: only faults are wanted, and messages are not looked at. */
  readonly full: boolean;
  /** A message as it came, before the inbound hooks, or as it goes, after the outbound hooks. */
  message(seen: TracedMessage): void;
  /** What one hook changed in a message that is about to go, or has come. */
  edited(seen: TracedMessage, edits: readonly Edit[]): void;
  /** A decision that was taken: the policy's own, or the built-in one. */
  decided(told: {
    readonly call: string;
    readonly hook: string;
    readonly decision: object;
    /** The policy's name; undefined for the built-in one. */
    readonly policy: string | undefined;
  }): void;
  /** A key was heard, once however many ways told of it; `?` where its trunk masks keys. */
  key?(told: {
    readonly call: string;
    readonly leg: "a" | "b";
    readonly key: string;
    readonly kind: string;
    readonly durationMs: number;
  }): void;
  /** A hook failed; what it did does not count. */
  fault(told: {
    readonly call: string | undefined;
    readonly hook: string;
    readonly error: unknown;
  }): void;
}

/** A message and where it passes. */
export interface TracedMessage {
  readonly direction: "in" | "out";
  readonly message: SipMessage;
  readonly leg: LegView;
}

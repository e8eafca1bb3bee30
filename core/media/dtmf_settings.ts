import type { HeardKind, SendKind } from "./key.ts";

/** How the keys of a trunk come and go. */
export interface DtmfSettings {
  /** How its peer's keys are heard. What comes in another way is not passed on. */
  readonly receive: readonly HeardKind[];
  /** How keys are sent to it. `auto`: as they came, where it can take them so. */
  readonly send: SendKind | "auto";
  /** Keys are not shown in logs, traces and records. */
  readonly mask: boolean;
  /** No key is sent shorter than this. */
  readonly minDurationMs: number;
  /** The least pause between two keys sent. */
  readonly gapMs: number;
}

/** Of a trunk that says nothing, and of a peer that is no trunk. */
export const DEFAULT_DTMF: DtmfSettings = {
  receive: ["rfc4733", "info"],
  send: "auto",
  mask: false,
  minDurationMs: 100,
  gapMs: 50,
};

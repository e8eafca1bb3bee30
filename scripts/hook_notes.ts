/** What hooks did, for whoever wants to know: traces and coverage. Without a listener nothing is measured. */

/** One call of one hook. */
export interface HookNote {
  /** The revision: `route.ts#3`. */
  readonly script: string;
  /** `onInvite`, `inbound["18x INVITE"]`. */
  readonly hook: string;
  /** Where the hook stands: `route.ts:12:7`; undefined where the engine does not say. */
  readonly place: string | undefined;
  /** Legwork's identifier of the call, or undefined outside any. */
  readonly call: string | undefined;
  /** Processor time in milliseconds, of an async hook up to its first wait. */
  readonly usedMs: number;
}

/** Hears of each call of a hook. It must not throw. */
export interface HookNotes {
  noted(note: HookNote): void;
}

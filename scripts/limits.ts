/** What a script may use. */
export interface ScriptLimits {
  /** Processor time of one hook, or of one slice of an async hook. */
  readonly hookMs: number;
  /** Processor time for loading a script, before any call depends on it. */
  readonly loadMs: number;
  /** How long an async hook may take altogether, waiting included. */
  readonly asyncMs: number;
  /** Memory of one sandbox, beyond the engine's own. */
  readonly memoryBytes: number;
  /** Stack while hooks run. The engine counts its own; the host's beneath it runs out first where this is too large. */
  readonly stackBytes: number;
  /** Faults in a row that set a revision aside. */
  readonly faults: number;
  /** How long a revision stays set aside. */
  readonly coolDownMs: number;
  /** Log lines of one hook call, and characters of one line. */
  readonly logLines: number;
  readonly logLineChars: number;
  /** The notes of one call, as characters of JSON. */
  readonly varsChars: number;
  /** A decision, as characters of JSON. */
  readonly decisionChars: number;
  /** Async hooks that may wait at once in one sandbox. */
  readonly waiting: number;
  /** Edits of messages and notes in one hook, or in one slice of an async hook. */
  readonly edits: number;
  /** Uses of fetch, store and sleep in one hook, and how many of them may be under way at once. */
  readonly errands: number;
  readonly pending: number;
  /** A key of the store, and a value as characters of JSON. */
  readonly storeKeyChars: number;
  readonly storeValueChars: number;
  /** Modules of one script, and characters of one. */
  readonly modules: number;
  readonly moduleChars: number;
  /** Revisions that may serve calls at once. */
  readonly revisions: number;
  /** Revisions whose text is kept, to go back to. */
  readonly sources: number;
}

/** The limits in force where none are given. */
export const DEFAULT_SCRIPT_LIMITS: ScriptLimits = {
  hookMs: 10,
  loadMs: 1_000,
  asyncMs: 5_000,
  memoryBytes: 32 * 1024 * 1024,
  stackBytes: 64 * 1024,
  faults: 5,
  coolDownMs: 60_000,
  logLines: 20,
  logLineChars: 1_000,
  varsChars: 65_536,
  decisionChars: 65_536,
  waiting: 1_000,
  edits: 1_000,
  errands: 100,
  pending: 16,
  storeKeyChars: 256,
  storeValueChars: 65_536,
  modules: 100,
  moduleChars: 1_000_000,
  revisions: 3,
  sources: 10,
};

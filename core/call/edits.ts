/**
 * What hooks change in a message, edit by edit: found by comparing the message before and after, so that no way to
 * edit it can be forgotten.
 *
 * @module
 */

import { fromBytes, toText } from "../message/bytes.ts";
import type { HeaderLine } from "../message/headers.ts";
import type { MessageView } from "./policy.ts";

/** One change. */
export interface Edit {
  /** A field's name as it is written, or `request URI` or `body`. */
  readonly field: string;
  /** The values that are gone; of a body its lines. */
  readonly before: readonly string[];
  /** The values that came. */
  readonly after: readonly string[];
  /** Where it was done: `route.ts:12:7`; undefined where nobody said. */
  readonly place: string | undefined;
}

/** What of a message can be edited. */
export interface EditState {
  readonly uri: string;
  readonly lines: readonly HeaderLine[];
  readonly body: Uint8Array;
}

/** Follows the edits of one draft. Made only where somebody wants to know of them. */
export class EditJournal {
  readonly #edits: Edit[] = [];
  readonly #read: () => EditState;
  #state: EditState;
  #place: string | undefined;

  constructor(read: () => EditState) {
    this.#read = read;
    this.#state = copied(read());
  }

  /** What is edited from now on, until the next word, is done at this place. */
  at(place: string | undefined): void {
    this.#take();
    this.#place = place;
  }

  /** All edits so far, in order. */
  get edits(): readonly Edit[] {
    this.#take();
    return this.#edits;
  }

  #take(): void {
    const state = copied(this.#read());
    for (const change of changes(this.#state, state)) {
      if (this.#edits.length >= MAX_EDITS) break;
      this.#edits.push({ ...change, place: this.#place });
    }
    this.#state = state;
  }
}

/** The journal of a message in the hands of a hook; undefined when nobody wants one. */
export function journalOf(message: MessageView): EditJournal | undefined {
  const { journal } = message as { journal?: unknown };
  return journal instanceof EditJournal ? journal : undefined;
}

/** What changed between two states, in the order of the later one; what was removed comes last. */
export function changes(
  before: EditState,
  after: EditState,
): Omit<Edit, "place">[] {
  const found: Omit<Edit, "place">[] = [];
  if (before.uri !== after.uri) {
    found.push({
      field: "request URI",
      before: [toText(before.uri)],
      after: [toText(after.uri)],
    });
  }
  const old = byName(before.lines);
  const fresh = byName(after.lines);
  for (const [key, { name, values }] of fresh) {
    const change = changed(old.get(key)?.values ?? [], values);
    if (change !== undefined) found.push({ field: name, ...change });
  }
  for (const [key, { name, values }] of old) {
    if (fresh.has(key)) continue;
    found.push({ field: name, before: values, after: [] });
  }
  if (before.body !== after.body) {
    const change = changed(linesOf(before.body), linesOf(after.body));
    if (change !== undefined) found.push({ field: "body", ...change });
  }
  return found;
}

/** Edits of one hook that are kept. */
const MAX_EDITS = 100;

function copied({ uri, lines, body }: EditState): EditState {
  return { uri, lines: [...lines], body };
}

function byName(
  lines: readonly HeaderLine[],
): Map<string, { name: string; values: string[] }> {
  const found = new Map<string, { name: string; values: string[] }>();
  for (const { key, name, value } of lines) {
    const field = found.get(key);
    if (field === undefined) {
      found.set(key, { name, values: [toText(value)] });
    } else field.values.push(toText(value));
  }
  return found;
}

/** The values that differ, without those that both have at the start and at the end. */
function changed(
  before: readonly string[],
  after: readonly string[],
): Pick<Edit, "before" | "after"> | undefined {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) {
    end++;
  }
  const gone = before.slice(start, before.length - end);
  const come = after.slice(start, after.length - end);
  if (gone.length === 0 && come.length === 0) return undefined;
  return { before: gone, after: come };
}

function linesOf(body: Uint8Array): string[] {
  return body.length === 0
    ? []
    : toText(fromBytes(body)).replace(/\r?\n$/, "").split(/\r?\n/);
}

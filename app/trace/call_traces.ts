/**
 * The stories of calls: what passed, what hooks changed, what was decided, what failed. Kept for running calls and
 * the last that ended; bounded per call and altogether.
 *
 * @module
 */

import type { Clock } from "../../core/base/clock.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/base/limits.ts";
import type { CallTrace, TracedMessage } from "../../core/call/call_trace.ts";
import type { Edit } from "../../core/call/edits.ts";
import type { CallSummary } from "../../core/call/policy.ts";
import { toText } from "../../core/message/bytes.ts";
import type { SipMessage } from "../../core/message/message.ts";
import type { HookNote, HookNotes } from "../../scripts/hook_notes.ts";
import { decisionText } from "./decision_text.ts";

/** One thing that happened to a call; `atMs` is calendar time. */
export type TraceEvent =
  & { readonly atMs: number }
  & (
    | {
      readonly kind: "message";
      readonly direction: "in" | "out";
      readonly leg: "a" | "b";
      /** The trunk, or the address of a peer that is none. */
      readonly peer: string;
      /** `INVITE sip:100@127.0.0.1 SIP/2.0`. */
      readonly line: string;
    }
    | ({
      readonly kind: "edit";
      readonly direction: "in" | "out";
      readonly leg: "a" | "b";
      readonly hook: string | undefined;
    } & Edit)
    | {
      readonly kind: "decision";
      readonly hook: string;
      /** The decision in a few words. */
      readonly text: string;
      /** The script's revision or the policy; undefined for the built-in decision. */
      readonly policy: string | undefined;
      readonly place: string | undefined;
      readonly usedMs: number | undefined;
    }
    | {
      readonly kind: "key";
      readonly leg: "a" | "b";
      /** `?` where it is masked. */
      readonly key: string;
      /** How it was heard. */
      readonly as: string;
      readonly durationMs: number;
    }
    | { readonly kind: "fault"; readonly hook: string; readonly text: string }
  );

/** The story of one call. */
export interface CallStory {
  /** Legwork's identifier of the call. */
  readonly id: string;
  /** The Call-IDs of its legs, as far as they were seen. */
  readonly callIds: ReadonlySet<string>;
  readonly startedAtMs: number;
  /** The last events, the oldest first. */
  readonly events: readonly TraceEvent[];
  /** Earlier events that were let go. */
  readonly dropped: number;
  /** Each hook that ran: how often, and its processor time together. */
  readonly hooks: ReadonlyMap<string, { runs: number; usedMs: number }>;
  /** How it went; undefined while it runs. */
  readonly summary: CallSummary | undefined;
}

/** What is wanted of a call's story. */
export type TraceMode = "faults" | "full";

/** Settings of {@linkcode CallTraces}. */
export interface CallTracesOptions {
  readonly mode: TraceMode;
  readonly clock: Pick<Clock, "wallTime">;
  readonly limits?: Pick<
    Limits,
    "tracedCalls" | "traceEvents" | "traceTextChars"
  >;
  /** Whether the keys of a trunk's peers are not to be shown. */
  readonly masks?: (trunk: string) => boolean;
  /** Hears of edits, decisions and faults as they happen; an edit's with the message as it then is. */
  readonly onEvent?: (
    event: TraceEvent,
    message: SipMessage | undefined,
  ) => void;
}

interface Story extends CallStory {
  readonly callIds: Set<string>;
  readonly events: TraceEvent[];
  readonly hooks: Map<string, { runs: number; usedMs: number }>;
  dropped: number;
  summary: CallSummary | undefined;
  /** One of its trunks masks keys, and they cross to the other leg. */
  masked: boolean;
}

/** See the module's text. */
export class CallTraces implements CallTrace, HookNotes {
  readonly full: boolean;
  readonly #options: CallTracesOptions;
  readonly #limits: Pick<
    Limits,
    "tracedCalls" | "traceEvents" | "traceTextChars"
  >;
  /** The oldest first. */
  readonly #stories = new Map<string, Story>();
  /** The hook that ran last: its edits and its decision are told right after. */
  #last: HookNote | undefined;
  /** Of hooks that wait: the note of each call's last one, by call and hook. */
  readonly #waiting = new Map<string, HookNote>();

  constructor(options: CallTracesOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.full = options.mode === "full";
  }

  /** The story of a call by Legwork's identifier or the start of it, or by a leg's Call-ID. The latest wins. */
  find(id: string): CallStory | undefined {
    const exact = this.#stories.get(id);
    if (exact !== undefined) return exact;
    return [...this.#stories.values()].findLast((story) =>
      story.callIds.has(id) || id.length >= 4 && story.id.startsWith(id)
    );
  }

  /** All stories kept, the oldest first. */
  get stories(): readonly CallStory[] {
    return [...this.#stories.values()];
  }

  key(told: Parameters<NonNullable<CallTrace["key"]>>[0]): void {
    if (!this.full) return;
    const { call, leg, key, kind, durationMs } = told;
    const story = this.#story(call);
    if (key === "?") story.masked = true;
    this.#add(story, {
      kind: "key",
      atMs: this.#now(),
      leg,
      key,
      as: kind,
      durationMs,
    });
  }

  message({ direction, message, leg }: TracedMessage): void {
    const call = leg.call?.id;
    if (call === undefined) return;
    const story = this.#story(call);
    if (this.#masks(leg)) story.masked = true;
    if (story.callIds.size < MAX_CALL_IDS) {
      story.callIds.add(toText(message.callId));
    }
    // What hooks did to a message that goes was told before it went; it stands below it all the same.
    const edits = direction === "out" ? lastEdits(story, leg.name) : [];
    this.#add(story, {
      kind: "message",
      atMs: this.#now(),
      direction,
      leg: leg.name,
      peer: leg.trunk ?? leg.peer,
      line: this.#short(startLine(message)),
    });
    for (const edit of edits) this.#add(story, edit);
  }

  edited(seen: TracedMessage, edits: readonly Edit[]): void {
    const { direction, message, leg } = seen;
    const call = leg.call?.id;
    const note = this.#last?.call === call ? this.#last : undefined;
    const hidden = mayHaveKeys(message) && (this.#masks(leg) ||
      call !== undefined && this.#story(call).masked);
    for (const edit of edits) {
      const { field, before, after, place } = hidden ? withoutBody(edit) : edit;
      const event: TraceEvent = {
        kind: "edit",
        atMs: this.#now(),
        direction,
        leg: leg.name,
        hook: note?.hook,
        field,
        before: this.#shortAll(before),
        after: this.#shortAll(after),
        place: place ?? note?.place,
      };
      if (call !== undefined) this.#add(this.#story(call), event);
      this.#options.onEvent?.(event, message);
    }
  }

  decided(
    { call, hook, decision, policy }: Parameters<CallTrace["decided"]>[0],
  ): void {
    const key = `${call} ${hook}`;
    const note = policy === undefined ? undefined : this.#waiting.get(key);
    this.#waiting.delete(key);
    const event: TraceEvent = {
      kind: "decision",
      atMs: this.#now(),
      hook,
      text: this.#short(decisionText(decision)),
      policy,
      place: note?.place,
      usedMs: note?.usedMs,
    };
    this.#add(this.#story(call), event);
    this.#options.onEvent?.(event, undefined);
  }

  fault({ call, hook, error }: Parameters<CallTrace["fault"]>[0]): void {
    const named = error instanceof Error && "hook" in error &&
        typeof error.hook === "string"
      ? error.hook
      : hook;
    const event: TraceEvent = {
      kind: "fault",
      atMs: this.#now(),
      hook: named,
      text: this.#short(
        error instanceof Error && "position" in error
          ? error.toString()
          : error instanceof Error
          ? error.message
          : String(error),
      ),
    };
    if (call !== undefined) this.#add(this.#story(call), event);
    this.#options.onEvent?.(event, undefined);
  }

  noted(note: HookNote): void {
    this.#last = note;
    const { call, hook, usedMs } = note;
    if (call === undefined) return;
    if (!hook.includes("[")) {
      this.#waiting.set(`${call} ${hook}`, note);
      if (this.#waiting.size > MAX_WAITING) forgetOldest(this.#waiting);
    }
    const { hooks } = this.#story(call);
    const seen = hooks.get(hook);
    if (seen !== undefined) {
      seen.runs++;
      seen.usedMs += usedMs;
    } else if (hooks.size < MAX_HOOKS) hooks.set(hook, { runs: 1, usedMs });
  }

  /** A call is over. */
  ended(summary: CallSummary): void {
    const story = this.#stories.get(summary.id);
    if (story !== undefined) story.summary = summary;
  }

  #story(id: string): Story {
    const known = this.#stories.get(id);
    if (known !== undefined) return known;
    const story: Story = {
      id,
      callIds: new Set(),
      startedAtMs: this.#now(),
      events: [],
      dropped: 0,
      hooks: new Map(),
      summary: undefined,
      masked: false,
    };
    this.#stories.set(id, story);
    if (this.#stories.size > this.#limits.tracedCalls) this.#forget();
    return story;
  }

  #masks({ trunk }: TracedMessage["leg"]): boolean {
    return trunk !== undefined && this.#options.masks?.(trunk) === true;
  }

  /** Lets the oldest call that is over go; where none is, the oldest. */
  #forget(): void {
    for (const [id, { summary }] of this.#stories) {
      if (summary === undefined) continue;
      this.#stories.delete(id);
      return;
    }
    forgetOldest(this.#stories);
  }

  #add(story: Story, event: TraceEvent): void {
    story.events.push(event);
    if (story.events.length <= this.#limits.traceEvents) return;
    story.events.shift();
    story.dropped++;
  }

  #now(): number {
    return this.#options.clock.wallTime();
  }

  #shortAll(texts: readonly string[]): string[] {
    return texts.slice(0, MAX_VALUES).map((text) => this.#short(text));
  }

  #short(text: string): string {
    const most = this.#limits.traceTextChars;
    return text.length <= most ? text : `${text.slice(0, most)}...`;
  }
}

const MAX_CALL_IDS = 32;
const MAX_WAITING = 10_000;
const MAX_HOOKS = 100;
const MAX_VALUES = 20;

/** Takes the edits at a story's end that are of a message about to go on this leg. */
function lastEdits({ events }: Story, leg: "a" | "b"): TraceEvent[] {
  const end = events.findLastIndex((event) =>
    event.kind !== "edit" || event.direction !== "out" || event.leg !== leg
  );
  return events.splice(end + 1);
}

/** INFO in both bodies, and KPML. */
function mayHaveKeys({ cseq }: SipMessage): boolean {
  return cseq?.method === "INFO" || cseq?.method === "NOTIFY";
}

function withoutBody(edit: Edit): Edit {
  if (edit.field !== "body") return edit;
  const hide = (lines: readonly string[]): string[] => lines.map(() => "?");
  return { ...edit, before: hide(edit.before), after: hide(edit.after) };
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

function startLine(message: SipMessage): string {
  return message.kind === "request"
    ? `${message.method} ${toText(message.uri)} SIP/2.0`
    : `SIP/2.0 ${message.status} ${toText(message.reason)}`.trimEnd();
}

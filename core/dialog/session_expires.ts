/**
 * Session-Expires and Min-SE (RFC 4028 sections 4 and 5): what a message says about session timers, and how we write
 * it. The compact form `x` is known to the message layer.
 *
 * @module
 */

import { trimmed } from "../message/bytes.ts";
import type { Headers } from "../message/headers.ts";
import { hasToken } from "../message/list.ts";
import type { SipMessage } from "../message/message.ts";
import { getParam } from "../message/params.ts";

/** Who refreshes, as a role in the transaction that says so, not in the dialog. */
export type Refresher = "uac" | "uas";

/** The value of Session-Expires. */
export interface SessionExpires {
  readonly seconds: number;
  /** Undefined when absent, or neither `uac` nor `uas`. */
  readonly refresher: Refresher | undefined;
}

/** Everything one message says about session timers. */
export interface TimerFields {
  /** Supported holds `timer`. */
  readonly supported: boolean;
  /** Require holds `timer`. */
  readonly required: boolean;
  /** Undefined when absent, malformed or zero: no timer is asked for. */
  readonly expires: SessionExpires | undefined;
  /** In seconds; undefined when absent or malformed, which means {@linkcode DEFAULT_MIN_SE_SECONDS}. */
  readonly minSeSeconds: number | undefined;
}

/** RFC 4028 §5: "When the header field is not present, its default value for is 90 seconds." */
export const DEFAULT_MIN_SE_SECONDS = 90;
/** The longest interval we run, a week; a delta-seconds beyond counts as this. */
export const MAX_INTERVAL_SECONDS = 7 * 86_400;

/** The option tag of RFC 4028. */
const TAG = "timer";
/** The keys of the fields that speak of timers. */
const FIELDS = new Set(["supported", "require", "session-expires", "min-se"]);

/**
 * §4: `Session-Expires = ("Session-Expires" / "x") HCOLON delta-seconds *(SEMI se-params)`, where
 * `refresher-param = "refresher" EQUAL ("uas" / "uac")`. Undefined when the number is missing.
 */
export function parseSessionExpires(
  value: string,
): SessionExpires | undefined {
  const seconds = deltaSeconds(value);
  if (seconds === undefined) return undefined;
  const semicolon = value.indexOf(";");
  const params = semicolon < 0 ? "" : value.slice(semicolon);
  const refresher = getParam(params, "refresher")?.toLowerCase();
  return {
    seconds,
    refresher: refresher === "uac" || refresher === "uas"
      ? refresher
      : undefined,
  };
}

/** §5: `Min-SE = "Min-SE" HCOLON delta-seconds *(SEMI generic-param)`; in seconds. */
export function parseMinSe(value: string): number | undefined {
  return deltaSeconds(value);
}

/** The value as written on the wire. */
export function formatSessionExpires(
  { seconds, refresher }: SessionExpires,
): string {
  return refresher === undefined
    ? String(seconds)
    : `${seconds};refresher=${refresher}`;
}

/** Not a word about timers. */
export const NO_TIMER_FIELDS: TimerFields = {
  supported: false,
  required: false,
  expires: undefined,
  minSeSeconds: undefined,
};

/** Reads what a message says, in one pass: every INVITE and its answer are asked. */
export function timerFieldsOf({ headers }: SipMessage): TimerFields {
  let supported = false;
  let required = false;
  let expires: string | undefined;
  let minSe: string | undefined;
  for (const line of headers.lines) {
    switch (line.key) {
      case "supported":
        supported ||= hasTag(line.value);
        break;
      case "require":
        required ||= hasTag(line.value);
        break;
      case "session-expires":
        expires ??= line.value;
        break;
      case "min-se":
        minSe ??= line.value;
    }
  }
  if (
    !supported && !required && expires === undefined && minSe === undefined
  ) return NO_TIMER_FIELDS;
  const parsed = expires === undefined
    ? undefined
    : parseSessionExpires(expires);
  return {
    supported,
    required,
    expires: parsed?.seconds === 0 ? undefined : parsed,
    minSeSeconds: minSe === undefined ? undefined : parseMinSe(minSe),
  };
}

/**
 * Writes them over whatever `headers` had: the two fields are replaced or removed, the tag is added to Supported and
 * Require or taken out of them.
 */
export function writeTimerFields(headers: Headers, fields: TimerFields): void {
  const { supported, required, expires, minSeSeconds } = fields;
  if (headers.lines.some((line) => FIELDS.has(line.key))) {
    writeTag(headers, "supported", supported);
    writeTag(headers, "require", required);
    writeField(
      headers,
      "Session-Expires",
      expires && formatSessionExpires(expires),
    );
    writeField(headers, "Min-SE", minSeSeconds?.toString());
    return;
  }
  if (supported) headers.append("Supported", TAG);
  if (required) headers.append("Require", TAG);
  if (expires !== undefined) {
    headers.append("Session-Expires", formatSessionExpires(expires));
  }
  if (minSeSeconds !== undefined) {
    headers.append("Min-SE", String(minSeSeconds));
  }
}

/** The seconds of Retry-After (RFC 3261 §20.33), comment and parameters left aside; undefined when malformed. */
export function retryAfterSeconds(message: SipMessage): number | undefined {
  const value = message.headers.first("retry-after")?.value;
  return value === undefined ? undefined : deltaSeconds(value);
}

/** §25.1: `delta-seconds = 1*DIGIT`, before parameters, a comment or nothing. */
function deltaSeconds(value: string): number | undefined {
  const text = trimmed(value);
  let at = 0;
  let seconds = 0;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    seconds = Math.min(seconds * 10 + digit, MAX_INTERVAL_SECONDS);
  }
  if (at === 0) return undefined;
  const rest = trimmed(text.slice(at));
  return rest === "" || rest[0] === ";" || rest[0] === "("
    ? seconds
    : undefined;
}

function hasTag(value: string): boolean {
  return value === TAG || hasToken([value], TAG);
}

function writeField(
  headers: Headers,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
}

function writeTag(headers: Headers, key: string, wanted: boolean): void {
  const lines = headers.getAll(key);
  if (hasToken(lines, TAG) === wanted) return;
  const name = headers.first(key)?.name ?? headerNameOf(key);
  const tokens = lines.flatMap((line) => line.split(",")).map(trimmed);
  const others = tokens.filter((token) =>
    token !== "" && token.toLowerCase() !== TAG
  );
  const list = wanted ? [...others, TAG] : others;
  if (list.length === 0) headers.delete(key);
  else headers.set(name, list.join(", "));
}

function headerNameOf(key: string): string {
  return key === "require" ? "Require" : "Supported";
}

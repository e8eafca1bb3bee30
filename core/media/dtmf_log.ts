/**
 * What rtpengine tells of the keys it hears in RTP: a datagram of JSON a key, to the address that its `dtmf-log-dest`
 * names.
 *
 * @module
 */

import { type Key, keyOfEvent } from "./key.ts";

/** A key that an rtpengine server has heard. */
export interface LoggedKey {
  /** The identifier that the server was given for the call. */
  readonly callId: string;
  /** The tag of the side that pressed it. */
  readonly from: string;
  readonly key: Key;
  readonly durationMs: number;
}

/** The longest text that is looked at. */
const MAX_CHARS = 4_096;
/** The longest press that is believed. */
const MAX_DURATION_MS = 60_000;

/** Takes a datagram apart; undefined when it tells of no key. */
export function parseDtmfLog(text: string): LoggedKey | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const record = parsed(text);
  const { type, callid, source_tag, event, duration } = record;
  if (type !== "DTMF") return undefined;
  if (typeof callid !== "string" || typeof source_tag !== "string") {
    return undefined;
  }
  const key = keyOfEvent(wholeNumber(event) ?? -1);
  const durationMs = wholeNumber(duration);
  if (key === undefined || durationMs === undefined) return undefined;
  return {
    callId: callid,
    from: source_tag,
    key,
    durationMs: Math.min(durationMs, MAX_DURATION_MS),
  };
}

/** A number, or one in quotes. */
function wholeNumber(value: unknown): number | undefined {
  const text = String(value);
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * Keys in the body of an INFO request. No RFC defines these bodies; what is read here is what gateways and phones
 * write, in any case, order and spacing.
 */

import { type Key, keyOfCharacter, keyOfEvent } from "./key.ts";

/** What of an INFO request matters here; the body is text of one byte a character. */
export interface InfoRequest {
  readonly contentType: string | undefined;
  /** RFC 6086 §7.2: the value of Info-Package. */
  readonly infoPackage?: string | undefined;
  readonly body: string;
}

/** What an INFO request says. */
export type InfoKey =
  | { readonly kind: "key"; readonly key: Key; readonly durationMs: number }
  /** It means to be a key, but cannot be read: 400 or 415, with the reason. */
  | { readonly kind: "unreadable"; readonly reason: string }
  /** It is about something else. */
  | { readonly kind: "other" };

/** A body for an INFO request. */
export interface InfoContent {
  readonly contentType: string;
  readonly body: string;
}

/** Content types that are read: the Accept of a 415. */
export const KEY_INFO_TYPES: readonly string[] = [
  "application/dtmf-relay",
  "application/dtmf",
  "application/hook-flash",
];

/** RFC 6086 names no package for keys; this one is in use. */
const INFO_PACKAGE = "dtmf";
/** Of a key that does not say how long it was: what Cisco gateways take. */
const USUAL_DURATION_MS = 250;
const LONGEST_DURATION_MS = 60_000;
/** Bodies of keys are a few dozen bytes. */
const LONGEST_BODY = 1_000;

const WORDS: Readonly<Record<string, Key>> = {
  star: "*",
  asterisk: "*",
  pound: "#",
  hash: "#",
  sharp: "#",
  flash: "flash",
  hookflash: "flash",
  "hook-flash": "flash",
  flashhook: "flash",
  hf: "flash",
  "!": "flash",
};

/** Reads an INFO request that may be a key. */
export function readKeyInfo(request: InfoRequest): InfoKey {
  const type = mediaType(request.contentType);
  switch (type) {
    case "application/hook-flash":
      return { kind: "key", key: "flash", durationMs: USUAL_DURATION_MS };
    case "application/dtmf-relay":
    case "application/dtmf":
      return readBody(request.body);
    // Huawei: `event=flashhook`.
    case "application/sscc":
      return /^\s*event\s*=\s*flashhook\s*$/i.test(request.body)
        ? { kind: "key", key: "flash", durationMs: USUAL_DURATION_MS }
        : { kind: "other" };
    default:
      return mediaType(request.infoPackage) === INFO_PACKAGE
        ? unreadable(
          `content type ${type === "" ? "missing" : `"${printable(type)}"`}`,
        )
        : { kind: "other" };
  }
}

/** The body of a key: `info` says how long it was, `info-dtmf` only which. */
export function writeKeyInfo(
  press: { readonly key: Key; readonly durationMs: number },
  kind: "info" | "info-dtmf",
): InfoContent {
  // Flash has no character; 16 is its event code, which Asterisk and NetCentrex read.
  const signal = press.key === "flash" ? "16" : press.key;
  return kind === "info-dtmf"
    ? { contentType: "application/dtmf", body: signal }
    : {
      contentType: "application/dtmf-relay",
      body: `Signal=${signal}\r\nDuration=${Math.round(press.durationMs)}\r\n`,
    };
}

function mediaType(value: string | undefined): string {
  return (value ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

function readBody(body: string): InfoKey {
  if (body.length > LONGEST_BODY) return unreadable("the body is too long");
  let signal: string | undefined;
  let durationMs = USUAL_DURATION_MS;
  for (const line of body.split(/\r\n|\r|\n/)) {
    const [, name, value] = /^\s*([a-z]+)\s*[=:]\s*(.*?)\s*$/i.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      // The whole body of application/dtmf; some write it under the other type as well.
      if (line.trim() !== "") signal ??= line.trim();
    } else if (/^signal$/i.test(name)) {
      signal = value;
    } else if (/^duration$/i.test(name)) {
      durationMs = durationOf(value);
    }
  }
  if (signal === undefined || signal === "") return unreadable("no signal");
  const key = keyOfSignal(signal);
  return key === undefined
    ? unreadable(`signal "${printable(signal.slice(0, 20))}" is no key`)
    : { kind: "key", key, durationMs };
}

/** A character, a word, or an event code in digits: `10` is a star. */
function keyOfSignal(signal: string): Key | undefined {
  const bare = signal.replace(/^"(.*)"$/, "$1").trim();
  if (/^0*(?:\d|1[0-6])$/.test(bare)) return keyOfEvent(Number(bare));
  const word = bare.toLowerCase();
  if (Object.hasOwn(WORDS, word)) return WORDS[word];
  return bare.length === 1 ? keyOfCharacter(bare) : undefined;
}

function durationOf(value: string): number {
  const ms = Number(/^\d{1,9}/.exec(value)?.[0] ?? "0");
  return ms === 0 ? USUAL_DURATION_MS : Math.min(ms, LONGEST_DURATION_MS);
}

function unreadable(reason: string): InfoKey {
  return { kind: "unreadable", reason };
}

/** A reason goes into logs and header fields. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

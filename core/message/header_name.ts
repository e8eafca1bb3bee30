/** Header field names: their compact forms and the one spelling each is compared by. */

import { consistsOf, TOKEN } from "./characters.ts";

/** Long form to compact form, RFC 3261 section 20 and the IANA registry. */
const COMPACT: Readonly<Record<string, string>> = {
  "Accept-Contact": "a",
  "Allow-Events": "u",
  "Call-ID": "i",
  "Contact": "m",
  "Content-Encoding": "e",
  "Content-Length": "l",
  "Content-Type": "c",
  "Event": "o",
  "From": "f",
  "Identity": "y",
  "Identity-Info": "n",
  "Refer-To": "r",
  "Referred-By": "b",
  "Reject-Contact": "j",
  "Request-Disposition": "d",
  "Session-Expires": "x",
  "Subject": "s",
  "Supported": "k",
  "To": "t",
  "Via": "v",
};

const COMMON = [
  ...Object.keys(COMPACT),
  "Accept",
  "Accept-Encoding",
  "Accept-Language",
  "Alert-Info",
  "Allow",
  "Authorization",
  "Call-Info",
  "Content-Disposition",
  "Content-Language",
  "CSeq",
  "Date",
  "Diversion",
  "Error-Info",
  "Expires",
  "History-Info",
  "In-Reply-To",
  "Max-Forwards",
  "MIME-Version",
  "Min-Expires",
  "Min-SE",
  "Organization",
  "P-Asserted-Identity",
  "P-Charging-Vector",
  "P-Preferred-Identity",
  "Path",
  "Priority",
  "Privacy",
  "Proxy-Authenticate",
  "Proxy-Authorization",
  "Proxy-Require",
  "RAck",
  "Reason",
  "Record-Route",
  "Remote-Party-ID",
  "Replaces",
  "Reply-To",
  "Require",
  "Retry-After",
  "Route",
  "RSeq",
  "Server",
  "Service-Route",
  "Subscription-State",
  "Timestamp",
  "Unsupported",
  "User-Agent",
  "Warning",
  "WWW-Authenticate",
];

/** As written on the wire to its key; the spellings nearly everyone uses, so that most names cost one look-up. */
const KEYS = new Map<string, string>();
/** Key to the spelling we write. */
const NAMES = new Map<string, string>();
for (const name of COMMON) {
  const key = name.toLowerCase();
  NAMES.set(key, name);
  KEYS.set(name, key);
  const compact = COMPACT[name];
  if (compact !== undefined) KEYS.set(compact, key);
}
for (const [spelling, key] of [...KEYS]) {
  KEYS.set(spelling.toLowerCase(), key).set(spelling.toUpperCase(), key);
}

/**
 * Where a spelling is looked for first: by its length, its first and its last letter, which hardly two of those nearly
 * everyone uses have in common. Of two that do, the second is found in the map.
 */
const SLOTS = 512;
const SPELLINGS = new Array<string>(SLOTS).fill("");
const SLOT_KEYS = new Array<string>(SLOTS).fill("");
for (const [spelling, key] of KEYS) {
  const slot = slotOf(spelling, 0, spelling.length);
  if (SPELLINGS[slot] !== "") continue;
  SPELLINGS[slot] = spelling;
  SLOT_KEYS[slot] = key;
}

/**
 * What a header field name is compared by: its long form in lower case. RFC 3261 section 7.3.1: "When comparing
 * header fields, field names are always case-insensitive", and 7.3.3 asks that both forms be accepted.
 */
export function headerKey(name: string): string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return KEYS.get(lower) ?? lower;
}

/**
 * The key of the name that lies in `text` from `start` to before `end`, if it is written in a usual way; undefined for
 * all others, malformed ones among them.
 *
 * Hot path: the name is not cut out for it.
 */
export function knownHeaderKey(
  text: string,
  start: number,
  end: number,
): string | undefined {
  if (start >= end) return undefined;
  const slot = slotOf(text, start, end);
  const spelling = SPELLINGS[slot]!;
  return spelling.length === end - start && text.startsWith(spelling, start)
    ? SLOT_KEYS[slot]
    : KEYS.get(text.slice(start, end));
}

function slotOf(text: string, start: number, end: number): number {
  const letters = 20 * text.charCodeAt(start) + 37 * text.charCodeAt(end - 1);
  return (letters + end - start) % SLOTS;
}

/** The usual spelling of a key: `call-id` is written `Call-ID`; an unknown one gets its words capitalized. */
export function headerName(key: string): string {
  return NAMES.get(key) ??
    key.replace(/(^|-)([a-z])/g, (letter) => letter.toUpperCase());
}

/** RFC 3261 section 25.1: `token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )`. */
export function isToken(text: string): boolean {
  return text !== "" && consistsOf(text, TOKEN);
}

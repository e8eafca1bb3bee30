/**
 * Which header fields cross from one leg to the other, in one place. Three rules, the first that fits:
 * a field of {@linkcode OWN_FIELDS} never crosses, since it speaks of one leg only; the lists of tokens in
 * {@linkcode FILTERED_FIELDS} cross less what we would have to take part in; everything else crosses byte for byte.
 *
 * The table in docs/architecture.md is held against this file by a test.
 *
 * @module
 */

import { Headers } from "../message/headers.ts";
import { splitList } from "../message/list.ts";
import type { SipMessage } from "../message/message.ts";

/** What crosses: the header fields of a message that are not one leg's own, and its body. */
export interface Content {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Fields that belong to a leg, by key, with the reason. */
export const OWN_FIELDS: ReadonlyMap<string, string> = new Map([
  ["via", "the path of one leg's message"],
  ["route", "the path of one leg's dialog"],
  ["record-route", "the path of one leg's dialog"],
  ["path", "the path of a registration"],
  ["service-route", "the path of a registration"],
  [
    "contact",
    "where one leg is reached; ours is written, but for a 3xx passed on",
  ],
  ["call-id", "names one leg's dialog"],
  ["cseq", "counts one leg's requests"],
  ["from", "written anew: the caller's name and URI, our tag"],
  [
    "to",
    "written anew: the callee's name and URI, without the other leg's tag",
  ],
  ["max-forwards", "written anew: one less than was received"],
  ["content-length", "written anew"],
  ["timestamp", "measures one hop"],
  ["rseq", "counts one leg's reliable responses"],
  ["rack", "counts one leg's reliable responses"],
  ["session-expires", "each leg has its own session timer"],
  ["min-se", "each leg has its own session timer"],
  ["min-expires", "answers one leg's registration"],
  ["replaces", "names a dialog the other side does not know"],
  ["join", "names a dialog the other side does not know"],
  ["target-dialog", "names a dialog the other side does not know"],
  ["in-reply-to", "names calls by a Call-ID the other side does not know"],
  ["unsupported", "answers one leg's Require"],
  ["proxy-require", "asks the proxies of one leg"],
]);

/** Methods we know what to do with; what Allow says in our own answers. */
export const METHODS: readonly string[] = [
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "OPTIONS",
  "INFO",
  "MESSAGE",
  "NOTIFY",
  "UPDATE",
];

/** Option tags that ask nothing of a B2BUA that passes header fields and bodies untouched. */
export const PASSABLE_TAGS: readonly string[] = [
  "answermode",
  "early-session",
  "from-change",
  "geolocation-http",
  "geolocation-sip",
  "histinfo",
  "ice",
  "privacy",
  "resource-priority",
  "sdp-anat",
  "tdialog",
  "trickle-ice",
  "uui",
];

const PASSABLE: ReadonlySet<string> = new Set(PASSABLE_TAGS);

/** Fields that hold token lists, by key, with what is let through. */
export const FILTERED_FIELDS: ReadonlyMap<string, ReadonlySet<string>> =
  new Map([
    ["supported", PASSABLE],
    ["require", PASSABLE],
    ["allow", new Set(METHODS)],
  ]);

/** The part of a received message that may go to the other leg. */
export function crossing(message: SipMessage): Content {
  const headers = new Headers();
  for (const line of message.headers.lines) {
    if (OWN_FIELDS.has(line.key)) continue;
    const passable = FILTERED_FIELDS.get(line.key);
    if (passable === undefined) {
      headers.add(line);
      continue;
    }
    const tokens = splitList(line.value);
    const passed = tokens.filter((token) =>
      passable.has(token) || passable.has(token.toLowerCase())
    );
    if (passed.length === tokens.length) headers.add(line);
    else if (passed.length > 0) headers.append(line.name, passed.join(", "));
  }
  return { headers, body: message.body };
}

/**
 * RFC 3261 section 8.2.2.3: the option tags of Require that we do not understand; `timer` is the trunk's to say, and
 * some are the registrar's.
 */
export function unsupportedTags(
  message: SipMessage,
  understood: { timer: boolean; register?: boolean },
): string[] {
  return message.list("require").map((tag) => tag.toLowerCase()).filter((tag) =>
    !PASSABLE.has(tag) && !(understood.timer && tag === "timer") &&
    !(understood.register === true && REGISTER_TAGS.has(tag))
  );
}

/** RFC 3327 and RFC 5626: what a registrar of ours knows. */
const REGISTER_TAGS: ReadonlySet<string> = new Set(["path", "outbound"]);

/**
 * Which header fields cross from one leg to the other, in one place. Three rules, the first that fits:
 * a field of {@linkcode OWN_FIELDS} never crosses, since it speaks of one leg only; the lists of tokens in
 * {@linkcode FILTERED_FIELDS} cross less what we would have to take part in; everything else crosses byte for byte.
 *
 * The table in docs/architecture.md is held against this file by a test.
 *
 * @module
 */

import { detached } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import { splitList } from "../message/list.ts";
import type { SipMessage } from "../message/message.ts";

/** What crosses: the header fields of a message that are not one leg's own, and its body. */
export interface Content {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Nothing crosses. Shared: nobody changes what crosses in place. */
export const NO_CONTENT: Content = {
  headers: new Headers(),
  body: new Uint8Array(0),
};

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

/** The value of Allow in what is ours to say. */
export const ALLOW = METHODS.join(", ");

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

/** Most lists remembered of a field, and the longest: a peer says the same in each message, and peers are much alike. */
const MAX_REMEMBERED = 64;
const MAX_REMEMBERED_CHARS = 256;

/** One field that holds a token list. */
class TokenFilter {
  readonly #passable: ReadonlySet<string>;
  /** What passed of lists that were seen. */
  readonly #remembered = new Map<string, string>();

  constructor(passable: ReadonlySet<string>) {
    this.#passable = passable;
  }

  /** What passes of a list: the list itself where all of it does, "" where nothing does. */
  passed(list: string): string {
    const known = this.#remembered.get(list);
    if (known !== undefined) return known;
    const passed = this.#filtered(list);
    if (list.length <= MAX_REMEMBERED_CHARS) {
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(detached(list), detached(passed));
    }
    return passed;
  }

  #filtered(list: string): string {
    const passable = this.#passable;
    const tokens = splitList(list);
    const passed = tokens.filter((token) =>
      passable.has(token) || passable.has(token.toLowerCase())
    );
    return passed.length === tokens.length ? list : passed.join(", ");
  }
}

/** The first two rules by key, so that one look tells what becomes of a field. */
const RULES: ReadonlyMap<string, "own" | TokenFilter> = new Map<
  string,
  "own" | TokenFilter
>([
  ...[...FILTERED_FIELDS].map(([key, passable]) =>
    [key, new TokenFilter(passable)] as const
  ),
  ...[...OWN_FIELDS.keys()].map((key) => [key, "own"] as const),
]);

/** The part of a received message that may go to the other leg. */
export function crossing({ headers, body }: SipMessage): Content {
  let crossed: Headers | undefined;
  for (const line of headers.lines) {
    const rule = RULES.get(line.key);
    if (rule === "own") continue;
    const passed = rule?.passed(line.value);
    if (passed === undefined || passed === line.value) {
      crossed ??= new Headers();
      crossed.add(line);
    } else if (passed !== "") {
      crossed ??= new Headers();
      crossed.append(line.name, passed);
    }
  }
  // Many responses, ACK and BYE as a rule, have nothing for the other side.
  if (crossed === undefined && body.length === 0) return NO_CONTENT;
  return { headers: crossed ?? NO_CONTENT.headers, body };
}

/**
 * RFC 3261 section 8.2.2.3: the option tags of Require that we do not understand; `timer` is the trunk's to say, and
 * some are the registrar's.
 */
export function unsupportedTags(
  message: SipMessage,
  understood: { timer: boolean; register?: boolean },
): readonly string[] {
  if (message.headers.first("require") === undefined) return NO_TAGS;
  return message.list("require").map((tag) => tag.toLowerCase()).filter((tag) =>
    !PASSABLE.has(tag) && !(understood.timer && tag === "timer") &&
    !(understood.register === true && REGISTER_TAGS.has(tag))
  );
}

const NO_TAGS: readonly string[] = [];

/** RFC 3327 and RFC 5626: what a registrar of ours knows. */
const REGISTER_TAGS: ReadonlySet<string> = new Set(["path", "outbound"]);

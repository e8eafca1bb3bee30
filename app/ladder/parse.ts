/**
 * Text to {@linkcode Ladder}. All mistakes of a file are told at once, each with its place.
 *
 * @module
 */

import type { Problem } from "../problem.ts";
import { pieces, readDuration, readFields } from "./fields.ts";
import {
  type Label,
  type Ladder,
  LEGWORK,
  type MessageStep,
  type Place,
  type Step,
} from "./ladder.ts";
import { isAutomatic } from "./match.ts";
import { SettingsReader } from "./settings.ts";

/** What {@linkcode parseLadder} found. */
export interface ParsedLadder {
  /** Present if and only if there are no problems. */
  readonly ladder?: Ladder;
  readonly problems: readonly Problem[];
}

/** More is no ladder that anyone could read. */
const MAX_STEPS = 2_000;
const MAX_PARTICIPANTS = 16;

/** Reads the text of one .flow file; `file` is the name that problems carry. */
export function parseLadder(text: string, file: string): ParsedLadder {
  return new Reader(file).read(text);
}

class Reader {
  readonly #file: string;
  readonly #problems: Problem[] = [];
  readonly #settings: SettingsReader;
  readonly #steps: Step[] = [];
  readonly #participants: string[] = [];
  readonly #title: string[] = [];
  #titleOpen = true;

  constructor(file: string) {
    this.#file = file;
    this.#settings = new SettingsReader((place, message) =>
      this.#complain(place, message)
    );
  }

  read(text: string): ParsedLadder {
    text.split(/\r\n|\n|\r/).forEach((line, index) =>
      this.#readLine(line, index + 1)
    );
    const last = { line: 1, column: 1 };
    if (
      this.#problems.length === 0 &&
      !this.#steps.some((step) => step.kind === "message")
    ) {
      this.#complain(
        last,
        `no step found, wanted "carrier -> legwork  INVITE"`,
      );
    }
    if (this.#participants.length > MAX_PARTICIPANTS) {
      this.#complain(
        last,
        `${this.#participants.length} participants, wanted at most ${MAX_PARTICIPANTS}`,
      );
    }
    this.#checkPrefixes();
    const settings = this.#settings.finish(this.#participants);
    if (this.#problems.length > 0) return { problems: this.#problems };
    return {
      ladder: {
        file: this.#file,
        title: this.#title.join(" "),
        settings,
        participants: this.#participants,
        steps: this.#steps,
      },
      problems: [],
    };
  }

  #readLine(raw: string, line: number): void {
    const { text, comment } = withoutComment(raw);
    const column = raw.search(/\S/) + 1;
    if (text === "") {
      if (comment !== undefined && this.#titleOpen) this.#title.push(comment);
      else if (this.#title.length > 0) this.#titleOpen = false;
      return;
    }
    this.#titleOpen = false;
    const place = { line, column };
    if (this.#steps.length >= MAX_STEPS) {
      if (this.#steps.length === MAX_STEPS) {
        this.#complain(place, `too many steps, wanted at most ${MAX_STEPS}`);
      }
      return;
    }
    const message = ARROW.exec(text);
    if (message !== null) {
      this.#readMessage(text, { match: message, place });
      return;
    }
    const wait = /^wait\s+(\S+)$/.exec(text)?.[1];
    if (wait !== undefined) {
      this.#readWait(wait, place);
      return;
    }
    const [, who, verb] = /^(\S+)\s+(vanishes|disconnects)$/.exec(text) ?? [];
    if (who !== undefined) {
      this.#join(who, place);
      const kind = verb === "vanishes" ? "vanish" : "disconnect";
      this.#steps.push({ kind, place, who });
      return;
    }
    if (text === `${LEGWORK} drains`) {
      this.#steps.push({ kind: "drain", place });
      return;
    }
    if (this.#steps.length === 0 && this.#settings.read(text, place)) return;
    this.#complain(
      place,
      `"${text}" is no step, wanted "from -> to  METHOD", "wait 500ms", "NAME vanishes", "NAME disconnects" or "legwork drains"` +
        (this.#steps.length === 0 ? " or a setting" : ""),
    );
  }

  #readMessage(
    text: string,
    at: { match: RegExpExecArray; place: Place },
  ): void {
    const { place } = at;
    const [whole, prefix = "", from = "", to = ""] = at.match;
    this.#join(from, place);
    this.#join(to, place);
    if (from !== LEGWORK && to !== LEGWORK) {
      this.#complain(
        place,
        `"${from} -> ${to}" leaves Legwork out, wanted ${LEGWORK} at one end`,
      );
    }
    const [first, ...rest] = pieces(
      text.slice(whole.length),
      place.column + whole.length,
    );
    const label = first === undefined ? undefined : readLabel(first.text);
    if (label === undefined) {
      this.#complain(
        {
          line: place.line,
          column: first?.column ?? place.column + whole.length,
        },
        `${
          first === undefined ? "nothing" : `"${first.text}"`
        } is sent, wanted a method (INVITE), or a status and its method (200 INVITE), then two spaces`,
      );
      return;
    }
    const { fields, marks } = readFields(rest, {
      line: place.line,
      complain: (where, message) => this.#complain(where, message),
    });
    const step: MessageStep = {
      kind: "message",
      place,
      text,
      from,
      to,
      label,
      fields,
      marks,
      optional: prefix.includes("?"),
      anyOrder: prefix.includes("&"),
    };
    if (step.anyOrder && this.#steps.at(-1)?.kind !== "message") {
      this.#complain(
        place,
        '"&" stands alone, wanted a message in the line above',
      );
    }
    this.#steps.push(step);
  }

  /** What a peer is told to send cannot be left to chance. */
  #checkPrefixes(): void {
    this.#steps.forEach((step, index) => {
      if (step.kind !== "message" || step.from === LEGWORK) return;
      if (!step.optional && !step.anyOrder) return;
      if (isAutomatic(this.#steps, index)) return;
      this.#complain(
        step.place,
        `"${
          step.optional ? "?" : "&"
        }" before a message that ${step.from} is told to send, wanted one that comes by itself`,
      );
    });
  }

  #readWait(text: string, place: Place): void {
    const [least = "", most = least] = text.split("..");
    const minMs = readDuration(least);
    const maxMs = readDuration(most);
    if (minMs === undefined || maxMs === undefined || maxMs < minMs) {
      this.#complain(
        place,
        `"wait ${text}" is no time, wanted "wait 500ms", "wait 900s" or "wait 2s..4s"`,
      );
      return;
    }
    this.#steps.push({ kind: "wait", place, minMs, maxMs });
  }

  #join(name: string, place: Place): void {
    if (!/^[a-z][a-z0-9_-]{0,31}$/i.test(name)) {
      this.#complain(
        place,
        `"${name}" is no name, wanted a letter, then letters, digits, "-" or "_"`,
      );
    } else if (name !== LEGWORK && !this.#participants.includes(name)) {
      this.#participants.push(name);
    }
  }

  #complain(place: Place, message: string): void {
    this.#problems.push({ file: this.#file, ...place, message });
  }
}

/** `? & carrier -> legwork`, with the spaces that people align it by. */
const ARROW = /^([?&](?:\s*[?&])?\s*)?(\S+)\s+->\s+(\S+)(?:\s+|$)/;

const METHOD = /^[A-Z][A-Z0-9_.-]*$/;

function readLabel(text: string): Label | undefined {
  const [first = "", second, ...rest] = text.split(" ");
  if (rest.length > 0) return undefined;
  if (/^[1-6]\d\d$/.test(first)) {
    if (second !== undefined && !METHOD.test(second)) return undefined;
    return { kind: "response", status: Number(first), method: second };
  }
  if (!METHOD.test(first) || second !== undefined) return undefined;
  return { kind: "request", method: first };
}

/** A `#` begins a comment at the start of a line or after a space, outside quotation marks. */
function withoutComment(raw: string): { text: string; comment?: string } {
  const match =
    /^((?:"(?:[^"\\]|\\.)*"|[^"#]|(?<=\S)#|")*?)(?:(?<=^|\s)#(.*))?$/
      .exec(raw);
  const text = (match?.[1] ?? raw).trim();
  const comment = match?.[2];
  return comment === undefined ? { text } : { text, comment: comment.trim() };
}

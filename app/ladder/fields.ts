/**
 * What follows the arrow of a ladder line: fields with two or more spaces between them, each a mark or
 * `Name: value`.
 *
 * @module
 */

import { isToken } from "../../core/message/header_name.ts";
import { unquoted } from "./unquoted.ts";
import { type Field, type Marks, NO_MARKS, type Place } from "./ladder.ts";

/** A piece of a line and where it begins. */
export interface Piece {
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
}

/** Says what is wrong at a place. */
export type Complain = (place: Place, message: string) => void;

/** Cuts a line where two or more spaces, or a tab, stand outside quotation marks. */
export function pieces(line: string, startColumn = 1): Piece[] {
  const found: Piece[] = [];
  for (const match of line.matchAll(PIECE)) {
    found.push({
      text: match[0],
      column: startColumn + match.index,
    });
  }
  return found;
}

/** Words with single spaces between them; a quotation may hold any spaces. */
const PIECE = /(?:"(?:[^"\\]|\\.)*"|\S)+(?: (?:"(?:[^"\\]|\\.)*"|\S)+)*/g;

/** Reads the fields and marks of one line. */
export function readFields(
  found: readonly Piece[],
  options: { line: number; complain: Complain },
): { fields: Field[]; marks: Marks } {
  const fields: Field[] = [];
  let marks = NO_MARKS;
  for (const piece of found) {
    const place = { line: options.line, column: piece.column };
    const mark = readMark(piece.text);
    if (mark !== undefined) {
      marks = { ...marks, ...mark };
      continue;
    }
    const colon = piece.text.indexOf(":");
    const name = piece.text.slice(0, Math.max(0, colon)).trim();
    if (!isToken(name)) {
      options.complain(
        place,
        `"${piece.text}" is no field, wanted "Header: value" or one of ${MARKS}`,
      );
      continue;
    }
    const field = readField(name, { text: piece.text.slice(colon + 1), place });
    const wanted = wantedValue(field);
    if (wanted === undefined) fields.push(field);
    else {
      options.complain(
        place,
        `${name} is "${field.value}", wanted ${wanted}`,
      );
    }
  }
  return { fields, marks };
}

/** A duration in milliseconds; undefined when it is none. */
export function readDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(text);
  if (match === null) return undefined;
  const unit = UNITS[match[2]!];
  return unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};

const MARKS = "lost, doubled, late, again, repeats, crossing, merged";

/** Longer than T1, so that the first retransmission overtakes. */
const LATE_MS = 700;

function readMark(text: string): Partial<Marks> | undefined {
  switch (text) {
    case "lost":
      return { lost: true };
    case "doubled":
      return { doubled: true };
    case "late":
      return { lateMs: LATE_MS };
    case "again":
      return { again: true };
    case "repeats":
      return { repeats: true };
    case "crossing":
      return { crossing: true };
    case "merged":
      return { merged: true };
  }
  const late = /^late (\S+)$/.exec(text)?.[1];
  const lateMs = late === undefined ? undefined : readDuration(late);
  return lateMs === undefined ? undefined : { lateMs };
}

function readField(
  name: string,
  written: { text: string; place: Place },
): Field {
  const value = written.text.trim();
  const { place } = written;
  if (value === "absent") return { name, value: "", test: "absent", place };
  if (value.startsWith("~")) {
    const text = value.slice(1).trim();
    // In quotation marks it may have line ends in it, as a whole body has.
    const quoted = name === "body" && QUOTED.test(text);
    return {
      name,
      value: quoted ? unquoted(text) : text,
      test: "contains",
      place,
    };
  }
  return { name, value, test: "equals", place };
}

const QUOTED = /^"(?:[^"\\]|\\.)*"$/;

/** What the value of a field of our own must be; undefined when it is that, or the field is a header. */
function wantedValue(field: Field): string | undefined {
  switch (field.name) {
    case "sdp":
      return SDP_WORDS.includes(field.value)
        ? undefined
        : `one of ${SDP_WORDS.join(", ")}`;
    case "body":
      return QUOTED.test(field.value) ||
          field.test !== "equals"
        ? undefined
        : 'a text in quotation marks: "Signal=5"';
    case "call":
    case "tag":
      return /^[A-Za-z0-9_-]+$/.test(field.value)
        ? undefined
        : "a name of letters and digits";
  }
  return undefined;
}

const SDP_WORDS = ["offer", "answer", "same as before", "hold", "none"];

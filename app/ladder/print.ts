/**
 * Draws ladders for the terminal: a column for each participant, time going down, an arrow for each message, what a
 * script did to it below. Also as Mermaid, for pages that render it.
 *
 * @module
 */

import type { Marks } from "./ladder.ts";

/** One message on its way, as it is drawn. */
export interface Arrow {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  /** `INVITE` or `200 INVITE`. */
  readonly label: string;
  readonly marks?: Partial<
    Pick<Marks, "lost" | "doubled" | "lateMs" | "again">
  >;
  /** Lines below the arrow: edits, decisions, what is wrong with it. */
  readonly notes?: readonly string[];
}

/** How a ladder is drawn. */
export interface DrawingOptions {
  /** Left to right. */
  readonly participants: readonly string[];
  /** Columns of the terminal; 80 by default, never exceeded. */
  readonly width?: number;
  /** Plain ASCII in place of box drawing characters. */
  readonly ascii?: boolean;
  /** ANSI colours. */
  readonly color?: boolean;
}

/** Draws one ladder, line by line. */
export class Drawing {
  readonly #participants: readonly string[];
  readonly #span: number;
  readonly #ink: Ink;
  readonly #color: boolean;
  readonly #width: number;

  constructor(options: DrawingOptions) {
    this.#participants = options.participants;
    this.#width = Math.max(40, options.width ?? 80);
    this.#ink = options.ascii ? ASCII : BOXES;
    this.#color = options.color ?? false;
    const gaps = Math.max(1, this.#participants.length - 1);
    const room = this.#width - TIME_WIDTH - MARGIN - MARK_WIDTH;
    this.#span = Math.max(5, Math.min(WIDEST_SPAN, Math.floor(room / gaps)));
  }

  /** The names, each over its line. */
  header(): string {
    let text = " ".repeat(TIME_WIDTH);
    this.#participants.forEach((name, index) => {
      const room = this.#span - 1;
      const shown = name.length > room ? `${name.slice(0, room - 1)}~` : name;
      const start = this.#column(index) - Math.floor(shown.length / 2);
      text = text.padEnd(Math.max(start, text.length + (index > 0 ? 1 : 0))) +
        shown;
    });
    return this.#cut(text);
  }

  /** The lines of one message: its arrow, then its notes. */
  arrow(arrow: Arrow): string[] {
    const from = this.#participants.indexOf(arrow.from);
    const to = this.#participants.indexOf(arrow.to);
    const tags = markWords(arrow);
    const note = tags.length === 0 ? "" : `  ${tags.join(", ")}`;
    const time = formatTime(arrow.atMs).padStart(TIME_WIDTH - 2) + "  ";
    if (from < 0 || to < 0 || from === to) {
      const text = `${arrow.from} -> ${arrow.to}  ${arrow.label}`;
      return [this.#cut(time + text + note), ...this.#notes(arrow.notes)];
    }
    const cells = this.#lines();
    this.#draw(cells, { arrow, from, to });
    return [
      this.#tinted(this.#cut(time + cells.join("").trimEnd() + note), arrow),
      ...this.#notes(arrow.notes),
    ];
  }

  /** Text between two messages: `wait 900s`, a failure. */
  note(text: string): string {
    return this.#cut(" ".repeat(TIME_WIDTH) + text);
  }

  /** A whole ladder. */
  draw(arrows: readonly Arrow[]): string {
    return [this.header(), ...arrows.flatMap((arrow) => this.arrow(arrow))]
      .join("\n");
  }

  #notes(notes: readonly string[] = []): string[] {
    return notes.map((note) =>
      this.#dim(this.#cut(`${" ".repeat(TIME_WIDTH + MARGIN)}${note}`))
    );
  }

  #column(index: number): number {
    return TIME_WIDTH + MARGIN + index * this.#span;
  }

  /** A row in which every participant's line stands. */
  #lines(): string[] {
    const last = Math.max(0, this.#participants.length - 1);
    const cells = new Array<string>(MARGIN + last * this.#span + 1).fill(" ");
    for (let i = 0; i <= last; i++) {
      cells[MARGIN + i * this.#span] = this.#ink.life;
    }
    return cells;
  }

  #draw(
    cells: string[],
    way: { arrow: Arrow; from: number; to: number },
  ): void {
    const { arrow, from, to } = way;
    const left = MARGIN + Math.min(from, to) * this.#span + 1;
    const right = MARGIN + Math.max(from, to) * this.#span - 1;
    const line = arrow.marks?.again ? this.#ink.again : this.#ink.line;
    for (let i = left; i <= right; i++) cells[i] = line;
    const head = arrow.marks?.lost
      ? this.#ink.lost
      : to > from
      ? this.#ink.right
      : this.#ink.left;
    cells[to > from ? right : left] = head;
    const room = right - left - 1;
    const label = arrow.label.length > room
      ? arrow.label.slice(0, Math.max(0, room))
      : arrow.label;
    const start = left + Math.ceil((right - left + 1 - label.length) / 2);
    for (let i = 0; i < label.length; i++) cells[start + i] = label[i]!;
  }

  #cut(text: string): string {
    return text.length > this.#width
      ? `${text.slice(0, this.#width - 1)}~`
      : text;
  }

  #tinted(text: string, arrow: Arrow): string {
    if (!this.#color) return text;
    if (arrow.marks?.lost || arrow.marks?.again) return this.#dim(text);
    const status = Number(/^\d{3}/.exec(arrow.label)?.[0] ?? 0);
    if (status >= 300) return `\x1b[33m${text}\x1b[0m`;
    return status >= 200 ? `\x1b[32m${text}\x1b[0m` : text;
  }

  #dim(text: string): string {
    return this.#color ? `\x1b[2m${text}\x1b[0m` : text;
  }
}

/** A ladder as a Mermaid sequence diagram. */
export function toMermaid(
  arrows: readonly Arrow[],
  participants: readonly string[],
): string {
  const lines = ["sequenceDiagram"];
  for (const name of participants) lines.push(`  participant ${name}`);
  for (const arrow of arrows) {
    const shaft = arrow.marks?.lost
      ? "-x"
      : arrow.marks?.again
      ? "-->>"
      : "->>";
    const tags = markWords(arrow);
    const label = tags.length === 0
      ? arrow.label
      : `${arrow.label} (${tags.join(", ")})`;
    // A semicolon would end the statement.
    lines.push(
      `  ${arrow.from}${shaft}${arrow.to}: ${label.replaceAll(";", "#59;")}`,
    );
  }
  return lines.join("\n");
}

/** `0.500` seconds, `15:00.010`, `1:02:03.000`. */
export function formatTime(atMs: number): string {
  const seconds = (atMs / 1000) % 60;
  const minutes = Math.floor(atMs / 60_000) % 60;
  const hours = Math.floor(atMs / 3_600_000);
  const tail = seconds.toFixed(3);
  if (hours > 0) {
    return `${hours}:${String(minutes).padStart(2, "0")}:${
      tail.padStart(6, "0")
    }`;
  }
  return minutes > 0 ? `${minutes}:${tail.padStart(6, "0")}` : tail;
}

/** `1:02:03.000` and two spaces. */
const TIME_WIDTH = 13;
/** Before the first line, where half a name stands. */
const MARGIN = 6;
const WIDEST_SPAN = 30;
/** After the last line, where half a name or `  again, lost` stands. */
const MARK_WIDTH = 14;

interface Ink {
  readonly life: string;
  readonly line: string;
  readonly again: string;
  readonly left: string;
  readonly right: string;
  readonly lost: string;
}

const BOXES: Ink = {
  life: "│",
  line: "─",
  again: "╌",
  left: "◀",
  right: "▶",
  lost: "✗",
};

const ASCII: Ink = {
  life: "|",
  line: "-",
  again: ".",
  left: "<",
  right: ">",
  lost: "x",
};

function markWords({ marks = {} }: Arrow): string[] {
  return [
    marks.again ? "again" : "",
    marks.lost ? "lost" : "",
    marks.doubled ? "doubled" : "",
    marks.lateMs === undefined ? "" : `late by ${formatTime(marks.lateMs)}`,
  ].filter((word) => word !== "");
}

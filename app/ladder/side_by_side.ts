/** Two ladders beside each other: what was written and what happened. */

import { type Ladder, LEGWORK, type Step } from "./ladder.ts";
import { formatTime } from "./print.ts";
import { type Logged, type RunResult, sentText } from "./run_log.ts";

/** Lines of text, the expected ladder left, the actual one right; `>` marks where they part. */
export function sideBySide(
  ladder: Ladder,
  run: RunResult,
  width: number,
): string {
  const half = Math.max(20, Math.floor((width - 5) / 2));
  const rows = rowsOf(ladder.steps, run);
  const lines = rows.map(({ step, entry, bad }) =>
    `${bad ? ">" : " "} ${cell(step, half)} | ${cell(entry, half)}`.trimEnd()
  );
  return [`  ${cell("expected", half)} | actual`, ...lines].join("\n");
}

interface Row {
  readonly step: string;
  readonly entry: string;
  readonly bad: boolean;
}

/** A row for each step in order, what it was beside it, and what was no step where it happened. */
function rowsOf(steps: readonly Step[], run: RunResult): Row[] {
  const rows: Row[] = [];
  let shown = 0;
  const failedAt = run.failure?.step;
  const upTo = (count: number): void => {
    for (; shown < count; shown++) {
      const step = steps[shown]!;
      rows.push({ step: stepText(step), entry: "", bad: shown === failedAt });
    }
  };
  for (const entry of run.log) {
    if (entry.step === undefined || entry.step < shown) {
      rows.push({
        step: "",
        entry: entryText(entry),
        bad: entry.step === undefined && !entry.sent.again,
      });
      continue;
    }
    upTo(entry.step);
    rows.push({
      step: stepText(steps[entry.step]!),
      entry: entryText(entry),
      // What came after the first wrong message may well be right.
      bad: entry.step === failedAt && !rows.some(({ bad }) => bad),
    });
    shown = entry.step + 1;
  }
  upTo(steps.length);
  return rows;
}

function stepText(step: Step): string {
  switch (step.kind) {
    case "message":
      return step.text.replace(/ {2,}/g, "  ");
    case "wait":
      return step.minMs === step.maxMs
        ? `wait ${step.minMs}ms`
        : `wait ${step.minMs}ms..${step.maxMs}ms`;
    case "vanish":
      return `${step.who} vanishes`;
    case "disconnect":
      return `${step.who} disconnects`;
    case "drain":
      return `${LEGWORK} drains`;
  }
}

function entryText({ sent, fate }: Logged): string {
  const marks = [
    fate.lost ? "lost" : "",
    fate.doubled ? "doubled" : "",
    fate.lateMs === undefined ? "" : "late",
  ].filter((word) => word !== "").map((word) => `  ${word}`).join("");
  return `${formatTime(sent.atMs)}  ${sentText(sent)}${marks}`;
}

function cell(text: string, width: number): string {
  return text.length > width
    ? `${text.slice(0, width - 1)}~`
    : text.padEnd(width);
}

/**
 * What a supervisor answers over its control socket: it asks its workers and makes one answer of theirs. A worker that
 * gives none is named in it.
 *
 * @module
 */

import { markedWorker } from "../../core/transport/owner_scan.ts";
import { ask } from "../control/ask.ts";
import type { ControlReply, ControlRequest } from "../control/protocol.ts";
import { type Listed, readReport } from "../control/report.ts";
import { mergedLines, type WorkerReport } from "./merged_lines.ts";

/** Where the workers are asked. */
export interface WorkersAsked {
  /** The control socket of each. */
  readonly sockets: readonly string[];
  /** Whether a worker is known not to run now. */
  isAway(worker: number): boolean;
  /** How long scripts may take to load, beyond {@linkcode ANSWER_MS}. */
  readonly loadMs: number;
  /** Default: {@linkcode ANSWER_MS}. */
  readonly answerMs?: number;
}

/** A worker that has not answered by then hangs, or is so busy that an operator should know. */
const ANSWER_MS = 3_000;
/** Lines of one worker at most where each says its own. */
const MOST_LINES = 1_000;

/** Carries a request out. It takes no longer than the slowest worker may. */
export async function askWorkers(
  request: ControlRequest,
  workers: WorkersAsked,
): Promise<ControlReply> {
  switch (request.command) {
    case "calls":
    case "keepalives":
    case "trunks":
      return await list(request.command, workers);
    case "reload":
      return everyone(await askAll(request, workers));
    case "registrations":
      return together(await askAll(request, workers));
    case "explain":
      return await whoever(request, workers);
    case "dtmf":
      return await owner(request, workers);
  }
}

/** What a worker said, or why it said nothing. */
interface Answer {
  readonly worker: number;
  readonly reply: ControlReply | string;
}

async function askAll(
  request: ControlRequest,
  workers: WorkersAsked,
): Promise<Answer[]> {
  return await Promise.all(
    workers.sockets.map((_, worker) => askOne(worker, request, workers)),
  );
}

async function askOne(
  worker: number,
  request: ControlRequest,
  { sockets, isAway, loadMs, answerMs = ANSWER_MS }: WorkersAsked,
): Promise<Answer> {
  const path = sockets[worker]!;
  if (isAway(worker)) {
    return { worker, reply: "it has ended and is started again" };
  }
  const withinMs = answerMs + (request.command === "reload" ? loadMs : 0);
  return { worker, reply: await ask(path, request, { withinMs }) };
}

/** One list of all workers'. */
async function list(
  command: Listed,
  workers: WorkersAsked,
): Promise<ControlReply> {
  const answers = await askAll({ command, raw: true }, workers);
  const reports: WorkerReport[] = [];
  const missing: string[] = [];
  for (const { worker, reply } of answers) {
    const report = typeof reply === "string"
      ? undefined
      : readReport(reply.report, command);
    if (report !== undefined) reports.push({ worker, report });
    else missing.push(...silence(worker, reply));
  }
  return { ok: reports.length > 0, lines: mergedLines(reports), missing };
}

/** Each worker's own words: well only where all did it. */
function everyone(answers: readonly Answer[]): ControlReply {
  const done = answers.filter(({ reply }) => isWell(reply));
  const lines = answers.flatMap(({ worker, reply }) =>
    typeof reply === "string" ? silence(worker, reply) : spoken(worker, reply)
  );
  if (done.length > 0 && done.length < answers.length) {
    const numbers = done.map(({ worker }) => worker).join(", ");
    lines.push(
      `done by ${done.length} of ${answers.length} workers (${numbers}): new calls differ until all have done it`,
    );
  }
  return { ok: done.length === answers.length, lines };
}

/** What all say alike is said once. */
function together(answers: readonly Answer[]): ControlReply {
  const heard = answers.flatMap(({ worker, reply }) =>
    typeof reply === "string" ? [] : [{ worker, reply }]
  );
  const missing = answers.flatMap(({ worker, reply }) =>
    typeof reply === "string" ? silence(worker, reply) : []
  );
  const texts = new Set(heard.map(({ reply }) => reply.lines.join("\n")));
  return {
    ok: heard.some(({ reply }) => reply.ok),
    lines: texts.size === 1
      ? heard[0]!.reply.lines
      : heard.flatMap(({ worker, reply }) => spoken(worker, reply)),
    missing,
  };
}

/** Whoever knows the call: by the SIP Call-ID of a peer that may be any of them. */
async function whoever(
  request: Extract<ControlRequest, { command: "explain" }>,
  workers: WorkersAsked,
): Promise<ControlReply> {
  const answers = await askAll(request, workers);
  const first = ownerOfCall(request.call, workers);
  const sorted = answers.toSorted((a, b) =>
    Number(b.worker === first) - Number(a.worker === first)
  );
  const found = sorted.find(({ reply }) => isWell(reply));
  return found !== undefined && typeof found.reply !== "string"
    ? found.reply
    : { ...together(sorted), ok: false };
}

/** The worker that has the call, as its identifier says. */
async function owner(
  request: Extract<ControlRequest, { command: "dtmf" }>,
  workers: WorkersAsked,
): Promise<ControlReply> {
  const worker = ownerOfCall(request.call, workers);
  if (worker === undefined) {
    const lines = [`${request.call}: no running call of that name`];
    return { ok: false, lines };
  }
  const { reply } = await askOne(worker, request, workers);
  return typeof reply === "string"
    ? { ok: false, lines: silence(worker, reply) }
    : reply;
}

/** The worker whose mark stands at the head of a call's identifier. */
function ownerOfCall(
  call: string,
  { sockets }: WorkersAsked,
): number | undefined {
  const worker = markedWorker(call);
  return worker !== undefined && worker < sockets.length ? worker : undefined;
}

function isWell(reply: Answer["reply"]): boolean {
  return typeof reply !== "string" && reply.ok;
}

function spoken(worker: number, { lines }: ControlReply): string[] {
  // One of them may be several.
  const all = lines.flatMap((line) => line.split("\n"));
  const some = all.slice(0, MOST_LINES);
  if (all.length > some.length) {
    some.push(`... and ${all.length - some.length} more`);
  }
  return some.map((line) => `worker ${worker}: ${line}`);
}

function silence(worker: number, reply: Answer["reply"]): string[] {
  return typeof reply === "string"
    ? [`worker ${worker}: ${reply}`]
    : reply.ok
    ? [`worker ${worker}: its answer is of another version of Legwork`]
    : spoken(worker, reply);
}

/** The words of the command, checked. */

import { parseArgs } from "node:util";
import type { Udp } from "./calls/server.ts";
import { BenchError } from "./results.ts";

/** What to measure and where to put it. */
export interface Options {
  readonly rates: readonly number[];
  /** How long each rate is offered. */
  readonly seconds: number;
  readonly held: readonly number[];
  readonly udps: readonly Udp[];
  readonly only?: string;
  readonly quick: boolean;
  /** Name of the saved run, beside `latest`. */
  readonly save?: string;
  /** Name of the saved run to compare with; it has to be there. */
  readonly against?: string;
}

/** Throws a {@linkcode BenchError} for what it does not understand. */
export function parseOptions(args: readonly string[]): Options {
  const words = read(args);
  const quick = words.quick ?? false;
  return {
    rates: numbers("--rates", words.rates ?? "200,500,1000"),
    seconds: number("--seconds", words.seconds ?? (quick ? "2" : "20")),
    held: numbers("--held", words.held ?? (quick ? "500,1000" : "500,2000")),
    udps: udps(words.udp ?? "plain,batched"),
    quick,
    ...(words.only === undefined ? {} : { only: words.only }),
    ...(words.save === undefined
      ? {}
      : { save: fileName("--save", words.save) }),
    ...(words.against === undefined
      ? {}
      : { against: fileName("--against", words.against) }),
  };
}

interface Words {
  rates?: string;
  seconds?: string;
  held?: string;
  only?: string;
  udp?: string;
  save?: string;
  against?: string;
  quick?: boolean;
}

function read(args: readonly string[]): Words {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rates: { type: "string" },
        seconds: { type: "string" },
        held: { type: "string" },
        only: { type: "string" },
        udp: { type: "string" },
        save: { type: "string" },
        against: { type: "string" },
        quick: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    const [first = ""] = (error instanceof Error ? error.message : "").split(
      "\n",
    );
    throw new BenchError(`Cannot read the options: ${first}`);
  }
}

/** "none" is the empty list. */
function numbers(option: string, text: string): number[] {
  if (text === "none") return [];
  return text.split(",").map((word) => number(option, word));
}

function number(option: string, word: string): number {
  if (/^[1-9]\d{0,6}$/.test(word.trim())) return Number(word);
  throw new BenchError(
    `Cannot read ${option}: "${word}" is not a whole number from 1 to 9999999`,
  );
}

function udps(text: string): Udp[] {
  return text.split(",").map((word) => {
    if (word === "plain" || word === "batched") return word;
    throw new BenchError(
      `Cannot read --udp: "${word}" is neither plain nor batched`,
    );
  });
}

/** A name becomes a file of bench/results/, and must not lead out of it. */
function fileName(option: string, word: string): string {
  if (/^[\w-]{1,64}$/.test(word)) return word;
  throw new BenchError(
    `Cannot read ${option}: "${word}" is not a name of letters, digits, "_" and "-"`,
  );
}

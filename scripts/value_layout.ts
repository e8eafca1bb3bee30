/**
 * How values lie in the engine's memory, found out by a look at a few that are known. Numbers and texts can then be
 * read where they lie: to ask the engine for a text costs a copy that it allocates, decodes and frees.
 *
 * @module
 */

import type { EngineInstance, Pointer, ValueLayout } from "./engine.ts";

/** How far into a text is looked. */
const TEXT_HEAD_BYTES = 64;

/** Looks at values made in a context; throws when they lie in a way that nobody has seen. */
export function findLayout(
  { functions, module, memory }: EngineInstance,
  context: Pointer,
): ValueLayout {
  const made: Pointer[] = [];
  const words = new Int32Array(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);

  function numberTag(number: number): number | undefined {
    const at = functions.QTS_NewFloat64(context, number);
    made.push(at);
    return words[at >> 2] === number ? words[(at >> 2) + 1] : undefined;
  }
  function textOf(text: string): { at: Pointer; tag: number } {
    const room = module.lengthBytesUTF8(text) + 1;
    const from = module._malloc(room);
    module.stringToUTF8(text, from, room);
    const value = functions.QTS_NewString(context, from);
    module._free(from);
    made.push(value);
    return { at: words[value >> 2]!, tag: words[(value >> 2) + 1]! };
  }
  function findLength(texts: readonly string[], before: number): number {
    const places = texts.map((text) => textOf(text).at);
    for (let at = 0; at < before; at += 4) {
      const right = texts.every((text, i) => {
        const word = words[(places[i]! + at) >> 2]!;
        return (word & 0x7fffffff) === text.length &&
          (word < 0) === /[^\0-\xff]/.test(text);
      });
      if (right) return at;
    }
    return -1;
  }

  try {
    const sample = textOf("found");
    const head = bytes.subarray(sample.at, sample.at + TEXT_HEAD_BYTES);
    const charactersAt = head.findIndex((_, at) =>
      [..."found"].every((c, i) => head[at + i] === c.charCodeAt(0))
    );
    const lengthAt = findLength(
      ["found", "two words", "\u00e9\u00e8", "\u20acuro", "x".repeat(300)],
      charactersAt,
    );
    const whole = numberTag(12_345);
    if (
      lengthAt < 0 || whole === undefined || whole !== numberTag(-7) ||
      whole === sample.tag
    ) throw new Error("Cannot use engine: its values lie in an unknown way");
    return { numberTag: whole, textTag: sample.tag, lengthAt, charactersAt };
  } finally {
    for (const value of made) functions.QTS_FreeValuePointer(context, value);
  }
}

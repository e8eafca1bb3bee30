import type { EngineInstance, Pointer } from "./engine.ts";

/** How many steps the engine takes by itself between two questions whether to stop. */
const ENGINE_POLL_STEPS = 10_000;
/** How much of a context is searched for that number. */
const CONTEXT_WORDS = 128;

/**
 * Where in a context the engine counts its steps until it asks next; undefined when that cannot be told. It resets its
 * counter just before it asks, so that is when its start value can be seen. `runForEver` returns or throws once stopped.
 */
export function findPollCounter(
  { memory, module }: EngineInstance,
  context: Pointer,
  runForEver: () => void,
): number | undefined {
  const found: number[] = [];
  const { shouldInterrupt } = module.callbacks;
  module.callbacks.shouldInterrupt = () => {
    const words = new Int32Array(memory.buffer, context, CONTEXT_WORDS);
    words.forEach((word, index) => {
      if (word === ENGINE_POLL_STEPS) found.push(index * 4);
    });
    return 1;
  };
  try {
    runForEver();
  } catch {
    // Stopped as told.
  }
  module.callbacks.shouldInterrupt = shouldInterrupt;
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Which words of an object's head in the engine's memory tell whether somebody holds it or has changed what it is,
 * found out by a look at a few objects that this was done to.
 *
 * @module
 */

import type { Pointer } from "./engine.ts";
import type { Machine } from "./machine.ts";

/** How much of an object is looked at; none is smaller. */
const HEAD_WORDS = 7;
/** Objects like those that a sandbox hands out: with private fields, and another of their kind beside them. */
const MAKER =
  "(() => { class Sample { #a; #b; } return () => new Sample(); })()";
/** All that can be done to an object whose own fields are private; each leaves something behind while it lives. */
const TOUCHES: readonly string[] = [
  "(() => { let held; return (o) => { held = o; }; })()",
  "(() => { const map = new WeakMap(); return (o) => { map.set(o, 1); }; })()",
  "(() => { const set = new WeakSet(); return (o) => { set.add(o); }; })()",
  "(o) => { o.added = 1; }",
  "(o) => { o.added = 1; delete o.added; }",
  "(o) => { Object.setPrototypeOf(o, null); }",
  "(o) => { Object.preventExtensions(o); }",
  `(() => {
    class Same { constructor(o) { return o; } }
    class Marked extends Same { #mark; }
    return (o) => { new Marked(o); };
  })()`,
];

/** The places of those words; none where one of these things leaves no trace in them. */
export function findObjectWords(machine: Machine): readonly number[] {
  const maker = machine.evaluate(MAKER, "sample");
  const twin = machine.call(maker, []);
  // The engine links its objects: the neighbours of this one come and go.
  const neighbour = machine.call(maker, []);
  const quiet = machine.call(maker, []);
  const before = headOf(machine, quiet);
  machine.free(neighbour);
  const other = machine.call(maker, []);
  const after = headOf(machine, quiet);
  const stable = before.flatMap((word, i) => word === after[i] ? [i] : []);
  const allSeen = TOUCHES.every((code) => {
    const touch = machine.evaluate(code, "touch");
    const object = machine.call(maker, []);
    const untouched = headOf(machine, object);
    machine.free(machine.call(touch, [object]));
    const touched = headOf(machine, object);
    machine.free(object);
    machine.free(touch);
    return stable.some((i) => untouched[i] !== touched[i]);
  });
  for (const value of [maker, twin, quiet, other]) machine.free(value);
  return allSeen ? stable : [];
}

function headOf(machine: Machine, value: Pointer): number[] {
  const first = machine.words[value >> 2]! >> 2;
  return [...machine.words.subarray(first, first + HEAD_WORDS)];
}

/**
 * The word of `known` that `word` was probably meant to be: at most a third of
 * its letters wrong, case and `-` for `_` not counted. Undefined when none is near.
 */
export function nearest(
  word: string,
  known: Iterable<string>,
): string | undefined {
  const wanted = folded(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const found = distance(wanted, folded(candidate));
    if (found < bestDistance) [best, bestDistance] = [candidate, found];
  }
  return best;
}

/** Longer words are nobody's typing mistake, and the distance costs the product of the lengths. */
const LONGEST = 64;

function folded(word: string): string {
  return word.slice(0, LONGEST).toLowerCase().replaceAll("-", "_");
}

/** Levenshtein's distance, with two neighbours changing places as one mistake. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

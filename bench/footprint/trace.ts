/**
 * What a trace of instructions says: how many there were in a call and how many lines of the cache they lie in, by what
 * they belong to.
 *
 * @module
 */

/** A stretch of addresses with what lies there. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** One kind of code in the trace. */
export interface Share {
  readonly kind: string;
  /** In the whole trace. */
  readonly instructions: number;
  /** Different lines of 64 bytes. */
  readonly lines: number;
  /** Different pages of 4 kB. */
  readonly pages: number;
}

/** What {@linkcode summarize} gives. */
export interface Summary {
  readonly calls: number;
  readonly total: Share;
  /** By kind, the most instructions first. */
  readonly kinds: readonly Share[];
  /** Our code by file, the most lines first. */
  readonly files: readonly Share[];
  /** By function, the most instructions first. */
  readonly functions: readonly Share[];
}

/** Of `/proc/PID/maps`: stretches that may be executed, by the file's last name. */
export function parseMaps(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (const line of text.split("\n")) {
    const parts = /^([0-9a-f]+)-([0-9a-f]+) ..x\S* \S+ \S+ \S+\s*(.*)$/.exec(
      line,
    );
    if (parts === null) continue;
    const [, from = "", to = "", path = ""] = parts;
    const name = path.split("/").at(-1)!;
    found.push({ ...range(from, to), name: name === "" ? "unnamed" : name });
  }
  return found;
}

/** Of the engine's `perf-PID.map`: address, size and name, the later ones in the place of the earlier. */
export function parsePerfMap(text: string): Stretch[] {
  const found = new Map<number, Stretch>();
  for (const line of text.split("\n")) {
    const parts = /^([0-9a-f]+) ([0-9a-f]+) (.*)$/.exec(line);
    if (parts === null) continue;
    const from = parseInt(parts[1]!, 16);
    const to = from + parseInt(parts[2]!, 16);
    found.set(from, { from, to, name: parts[3]! });
  }
  return [...found.values()];
}

/** Sums a trace up. `messages` parsed are a call. */
export function summarize(
  addresses: BigUint64Array,
  { functions, regions, messages }: {
    functions: readonly Stretch[];
    regions: readonly Stretch[];
    messages: number;
  },
): Summary {
  const counts = new Map<number, number>();
  for (const address of addresses) {
    const at = Number(address);
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  const byName = sorted(functions);
  const byRegion = sorted(regions);
  const total = new Tally("all");
  const kinds = new Map<string, Tally>();
  const files = new Map<string, Tally>();
  const named = new Map<string, Tally>();
  let parsed = 0;
  for (const [at, count] of counts) {
    const lies = stretchOf(byName, at);
    const name = lies?.name ?? stretchOf(byRegion, at)?.name ?? "unknown";
    const file = lies === undefined ? undefined : fileOf(name);
    total.add(at, count);
    tallyOf(kinds, kindOf(name, lies !== undefined)).add(at, count);
    tallyOf(named, name).add(at, count);
    if (file !== undefined) tallyOf(files, file).add(at, count);
    if (at === lies?.from && /'parseMessage /.test(name)) parsed += count;
  }
  return {
    calls: parsed / messages,
    total: total.share,
    kinds: shares(kinds, "instructions"),
    files: shares(files, "lines"),
    functions: shares(named, "instructions"),
  };
}

function range(from: string, to: string): { from: number; to: number } {
  return { from: parseInt(from, 16), to: parseInt(to, 16) };
}

function sorted(stretches: readonly Stretch[]): Stretch[] {
  return [...stretches].sort((a, b) => a.from - b.from);
}

function stretchOf(
  stretches: readonly Stretch[],
  at: number,
): Stretch | undefined {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle]!.from <= at) low = middle + 1;
    else high = middle;
  }
  const found = stretches[low - 1];
  return found !== undefined && at < found.to ? found : undefined;
}

function kindOf(name: string, isNamed: boolean): string {
  if (!isNamed) return name;
  if (name.includes("wasm")) return "WebAssembly";
  if (name.startsWith("JS:")) return "our code, compiled";
  return /^(?:Builtin|BytecodeHandler|Stub)/.test(name)
    ? "functions of V8"
    : "regular expressions and other";
}

/** `core/message/parse.ts` of `JS:*'parseLines file:///somewhere/core/message/parse.ts:95:24`. */
function fileOf(name: string): string | undefined {
  return /\/((?:core|app|scripts|bench)\/\S+\.ts):\d+/.exec(name)?.[1];
}

function tallyOf(tallies: Map<string, Tally>, kind: string): Tally {
  let tally = tallies.get(kind);
  if (tally === undefined) tallies.set(kind, tally = new Tally(kind));
  return tally;
}

function shares(
  tallies: ReadonlyMap<string, Tally>,
  by: "instructions" | "lines",
): Share[] {
  return [...tallies.values()].map(({ share }) => share)
    .sort((a, b) => b[by] - a[by]);
}

class Tally {
  readonly #kind: string;
  readonly #lines = new Set<number>();
  readonly #pages = new Set<number>();
  #instructions = 0;

  constructor(kind: string) {
    this.#kind = kind;
  }

  add(at: number, count: number): void {
    this.#instructions += count;
    this.#lines.add(Math.floor(at / 64));
    this.#pages.add(Math.floor(at / 4096));
  }

  get share(): Share {
    return {
      kind: this.#kind,
      instructions: this.#instructions,
      lines: this.#lines.size,
      pages: this.#pages.size,
    };
  }
}

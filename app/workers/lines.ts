/**
 * What a supervisor and its workers say to each other: lines of JSON on a worker's standard input and output.
 *
 * @module
 */

/** To a worker. The end of its standard input means `drain`: nobody is there to start it again. */
export type Order =
  | { readonly say: "drain" | "end" | "reload" }
  /** The ports of each worker's channel and of its links, null for one that is away. */
  | {
    readonly say: "peers";
    readonly ports: readonly (number | null)[];
    readonly links: readonly (number | null)[];
  };

/** From a worker that has no calls left, and stays for the sake of its connections. */
export const DRAINED = JSON.stringify({ drained: true });

/** From a worker that listens. */
export interface Announcement {
  /** The port of its channel. */
  readonly channel: number;
  /** The port where it takes links; 0 for none. */
  readonly link: number;
  readonly listeners: readonly string[];
}

/** The order in a line; undefined when there is none. */
export function readOrder(line: string): Order | undefined {
  const { say, ports, links } = fieldsOf(line);
  if (say === "drain" || say === "end" || say === "reload") return { say };
  if (say !== "peers") return undefined;
  return { say, ports: portsIn(ports), links: portsIn(links) };
}

/** The announcement in a line; undefined when it is something else, a ladder's line say. */
export function readAnnouncement(line: string): Announcement | undefined {
  const { channel, link, listeners } = fieldsOf(line);
  return typeof channel === "number" && typeof link === "number" &&
      Array.isArray(listeners)
    ? { channel, link, listeners: listeners.map(String) }
    : undefined;
}

/** Each line of a stream without its end. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of stream) {
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function portsIn(value: unknown): (number | null)[] {
  return Array.isArray(value)
    ? value.map((port) => typeof port === "number" ? port : null)
    : [];
}

function fieldsOf(line: string): Record<string, unknown> {
  if (!line.startsWith("{")) return {};
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * What is said over the control socket: the client sends one line of JSON, the server answers with one and closes.
 *
 * @module
 */

import type { Listed } from "./report.ts";

/** What can be asked of a running Legwork. */
export type ControlRequest =
  | { readonly command: "reload"; readonly to?: number }
  /** With `raw`, the answer has a report and no lines: for a supervisor, who makes one list of all its workers'. */
  | { readonly command: Listed; readonly raw?: true }
  | {
    readonly command: "registrations";
    readonly remove?: string;
    readonly contact?: string;
  }
  | { readonly command: "explain"; readonly call: string }
  | {
    readonly command: "dtmf";
    readonly call: string;
    readonly leg: "a" | "b";
    readonly keys: string;
  };

/** The answer, as lines for a terminal. */
export interface ControlReply {
  readonly ok: boolean;
  readonly lines: readonly string[];
  /** What the lines lack, and why: the workers that gave no answer. */
  readonly missing?: readonly string[];
  /** A `Report`, for who asked for it. */
  readonly report?: unknown;
}

/** Longest request and longest reply, in bytes. */
export const MAX_REQUEST = 4_096;
export const MAX_REPLY = 4 * 1024 * 1024;

/** The request in a line, or undefined when there is none of that form. */
export function readRequest(line: string): ControlRequest | undefined {
  const { command, to, call, leg, keys, ...more } = fieldsOf(line);
  switch (command) {
    case "reload":
      if (to === undefined) return { command };
      return Number.isSafeInteger(to) ? { command, to: Number(to) } : undefined;
    case "calls":
    case "keepalives":
    case "trunks":
      return more.raw === true ? { command, raw: true } : { command };
    case "registrations": {
      const { remove, contact } = more;
      return {
        command,
        ...(typeof remove === "string" ? { remove } : {}),
        ...(typeof contact === "string" ? { contact } : {}),
      };
    }
    case "explain":
      return typeof call === "string" ? { command, call } : undefined;
    case "dtmf":
      return typeof call === "string" && typeof keys === "string" &&
          (leg === "a" || leg === "b")
        ? { command, call, leg, keys }
        : undefined;
    default:
      return undefined;
  }
}

/** The reply in a line, or undefined when it is none. */
export function readReply(line: string): ControlReply | undefined {
  const { ok, lines, missing, report } = fieldsOf(line);
  return typeof ok === "boolean" && Array.isArray(lines)
    ? {
      ok,
      lines: lines.map(String),
      ...(Array.isArray(missing) ? { missing: missing.map(String) } : {}),
      ...(report === undefined ? {} : { report }),
    }
    : undefined;
}

/** One line, without its end, of at most `most` bytes; undefined at the stream's end or past that. */
export async function readLine(
  stream: ReadableStream<Uint8Array>,
  most: number,
): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream.values({ preventCancel: true })) {
    const end = part.indexOf(0x0a);
    const taken = end < 0 ? part : part.subarray(0, end);
    length += taken.length;
    if (length > most) return undefined;
    parts.push(taken);
    if (end >= 0) return joined(parts, length);
  }
  return undefined;
}

function joined(parts: readonly Uint8Array[], length: number): string {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new TextDecoder().decode(bytes);
}

function fieldsOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The line `session_keepalive pbx  method=info, interval=30`: the words of the configuration's block, on one line. */

import type { SessionKeepAliveSettings } from "../../core/dialog/session_keep_alive.ts";

/** What one word changes; undefined for a word that is none. */
type Word = (value: string) => Partial<SessionKeepAliveSettings> | undefined;

const USUAL: SessionKeepAliveSettings = {
  method: "INFO",
  intervalSeconds: 300,
  misses: 2,
};

/** Reads the words; `problem` names the first that is none. */
export function readSessionKeepAlive(
  text: string,
): { settings: SessionKeepAliveSettings; problem?: string } {
  let settings = USUAL;
  for (const piece of text.split(/[\s,]+/).filter((word) => word !== "")) {
    const [key = "", value = ""] = piece.split("=");
    const change = WORDS[key]?.(value);
    if (change === undefined) {
      const wanted = Object.keys(WORDS).join(", ");
      return {
        settings,
        problem: `"${piece}", wanted NAME=VALUE with ${wanted}`,
      };
    }
    settings = { ...settings, ...change };
  }
  return { settings };
}

const METHODS = ["INFO", "UPDATE", "MESSAGE", "OPTIONS"] as const;

const WORDS: Readonly<Record<string, Word>> = {
  method: (value) => {
    const method = METHODS.find((one) => one.toLowerCase() === value);
    return method && { method };
  },
  interval: (value) =>
    /^[1-9]\d{0,5}$/.test(value)
      ? { intervalSeconds: Number(value) }
      : undefined,
  misses: (value) =>
    /^(?:[2-9]|[1-9]\d)$/.test(value) ? { misses: Number(value) } : undefined,
};

/** The line `session_keepalive pbx  method=info, interval=30`: the words of the configuration's block, on one line. */

import type { SessionKeepAliveSettings } from "../../core/dialog/session_keep_alive.ts";
import { readWords, type Words } from "./setting_words.ts";

const USUAL: SessionKeepAliveSettings = {
  method: "INFO",
  intervalSeconds: 300,
  misses: 2,
};

/** Reads the words; `problem` names the first that is none. */
export function readSessionKeepAlive(
  text: string,
): { settings: SessionKeepAliveSettings; problem?: string } {
  return readWords(text, { usual: USUAL, words: WORDS });
}

const METHODS = ["INFO", "UPDATE", "MESSAGE", "OPTIONS"] as const;

const WORDS: Words<SessionKeepAliveSettings> = {
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

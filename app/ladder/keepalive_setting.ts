/** The line `keepalive pbx  method=options, interval=30`: the words of the configuration's block, on one line. */

import { parseSipUri } from "../../core/message/uri.ts";
import type {
  KeepAliveKind,
  KeepAliveSettings,
} from "../../core/trunk/keep_alive_settings.ts";

/** The block as it is put together. */
type Draft = {
  -readonly [key in keyof KeepAliveSettings]: KeepAliveSettings[key];
};
/** Writes one word; false for a value that is none of its. */
type Word = (value: string, draft: Draft) => boolean;

/** Reads the words; `problem` names the first that is none. */
export function readKeepAlive(
  text: string,
): { settings: KeepAliveSettings; problem?: string } {
  const settings: Draft = { kind: "options" };
  for (const piece of text.split(/[\s,]+/).filter((word) => word !== "")) {
    const at = piece.indexOf("=");
    const word = WORDS[at < 0 ? piece : piece.slice(0, at)];
    if (at < 0 || word?.(piece.slice(at + 1), settings) !== true) {
      const wanted = Object.keys(WORDS).join(", ");
      return {
        settings,
        problem: `"${piece}", wanted NAME=VALUE with ${wanted}`,
      };
    }
  }
  return { settings };
}

const WORDS: Readonly<Record<string, Word>> = {
  method: (value, draft) => {
    const kind = KINDS.find((one) => one === value);
    if (kind !== undefined) draft.kind = kind;
    return kind !== undefined;
  },
  interval: (value, draft) =>
    isSeconds(value, (n) => draft.intervalSeconds = n),
  down_interval: (value, draft) =>
    isSeconds(value, (n) => draft.downIntervalSeconds = n),
  timeout: (value, draft) => isSeconds(value, (n) => draft.timeoutSeconds = n),
  failures: (value, draft) => isSeconds(value, (n) => draft.failures = n),
  port: (value, draft) => isSeconds(value, (n) => draft.port = n),
  when_down: (value, draft) => {
    if (value !== "skip" && value !== "try") return false;
    draft.whenDown = value;
    return true;
  },
  server: (value, draft) => {
    const server = parseSipUri(value);
    if (server !== undefined) draft.server = server;
    return server !== undefined;
  },
  // METHOD, METHOD/EVENT or METHOD/EVENT/USER
  custom: (value, draft) => {
    const [method = "", event = "", user = ""] = value.split("/");
    draft.kind = "custom";
    draft.custom = {
      method,
      ...(event === "" ? {} : { event }),
      ...(user === "" ? {} : { user }),
    };
    return method !== "";
  },
};

const KINDS: readonly KeepAliveKind[] = [
  "options",
  "notify",
  "crlf",
  "stun",
  "keep-alive",
  "empty",
];

function isSeconds(value: string, take: (seconds: number) => void): boolean {
  if (!/^[1-9]\d{0,5}$/.test(value)) return false;
  take(Number(value));
  return true;
}

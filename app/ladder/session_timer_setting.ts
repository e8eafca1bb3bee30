/** The line `session_timer pbx  mode=always, expires=90`: the words of the configuration's block, on one line. */

import {
  DEFAULT_SESSION_TIMER,
  type SessionTimerSettings,
} from "../../core/dialog/timer_negotiation.ts";
import { readWords, type Words } from "./setting_words.ts";

/** Reads the words; `problem` names the first that is none. */
export function readSessionTimer(
  text: string,
): { settings: SessionTimerSettings; problem?: string } {
  return readWords(text, { usual: DEFAULT_SESSION_TIMER, words: WORDS });
}

const WORDS: Words<SessionTimerSettings> = {
  mode: (value) => {
    const mode = oneOf(value, ["off", "accept", "request", "always"] as const);
    return mode && { mode };
  },
  expires: (value) => {
    const expiresSeconds = seconds(value);
    return expiresSeconds === undefined ? undefined : { expiresSeconds };
  },
  min_se: (value) => {
    const minSeSeconds = seconds(value);
    return minSeSeconds === undefined ? undefined : { minSeSeconds };
  },
  refresher: (value) => {
    const refresher = oneOf(value, ["auto", "us", "them"] as const);
    return refresher && { refresher };
  },
  refresh: (value) => {
    const refresh = oneOf(
      value,
      ["auto", "update", "invite", "options"] as const,
    );
    return refresh && { refresh };
  },
  allow_short_timers: (value) =>
    value === "true" ? { allowShortTimers: true } : undefined,
};

function oneOf<Choice extends string>(
  value: string,
  choices: readonly Choice[],
): Choice | undefined {
  return choices.find((choice) => choice === value);
}

function seconds(value: string): number | undefined {
  return /^[1-9]\d{0,5}$/.test(value) ? Number(value) : undefined;
}

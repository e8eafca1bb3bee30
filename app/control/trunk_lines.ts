/** `legwork trunks`: each trunk with its servers, where they are, and how each address stands. */

import type {
  TrunkAddressState,
  TrunkState,
} from "../../core/trunk/trunk_state.ts";
import type { RegistrationState } from "../../core/trunk/trunk_registration.ts";
import { MOST_LISTED } from "./report.ts";

/** What else is said of a trunk. */
export interface TrunkLinesOptions {
  /** How many there are in all, where not all are given. */
  readonly count?: number;
  /** Calendar time. */
  readonly nowMs: number;
  readonly registrationsOf: (trunk: string) => readonly RegistrationState[];
}

/** The trunks, and how many of them are down. */
export function trunkLines(
  trunks: readonly TrunkState[],
  options: TrunkLinesOptions,
): string[] {
  if (trunks.length === 0) return ["there is no trunk"];
  const lines = trunks.slice(0, MOST_LISTED).flatMap((trunk) =>
    linesOf(trunk, options)
  );
  const { count = trunks.length } = options;
  const more = count - MOST_LISTED;
  if (more > 0) lines.push(`... and ${more} more`);
  const down = trunks.filter(({ condition }) => condition === "down").length;
  const all = count === 1 ? "1 trunk" : `${count} trunks`;
  return [...lines, down === 0 ? all : `${all}, ${down} down`];
}

function linesOf(
  { name, condition, servers, calls }: TrunkState,
  { nowMs, registrationsOf }: TrunkLinesOptions,
): string[] {
  const many = calls === 1 ? "1 call" : `${calls} calls`;
  return [
    `${name}  ${condition}, ${many}`,
    ...registrationsOf(name).map((one) => `  ${registrationText(one)}`),
    ...servers.flatMap(({ uri, addresses }) => [
      `  ${uri}`,
      ...addresses.map((one) =>
        `    ${one.address}  ${conditionText(one, nowMs)}`
      ),
    ]),
  ];
}

/** How an address stands; where it is stands before it. */
export function conditionText(
  state: TrunkAddressState,
  nowMs: number,
): string {
  const { condition, sinceMs, nextInSeconds, outForSeconds } = state;
  const parts = condition === "unwatched"
    ? [condition]
    : [`${condition} for ${span((nowMs - sinceMs) / 1000)}`];
  const answer = answerText(state);
  if (answer !== undefined) parts.push(answer);
  if (outForSeconds !== undefined) {
    parts.push(`asked to be left alone for ${span(outForSeconds)} more`);
  }
  if (nextInSeconds !== undefined) {
    parts.push(`next keep-alive in ${span(nextInSeconds)}`);
  }
  return parts.join(", ");
}

function answerText(
  { lastStatus, lastFailure, roundTripMs, misses }: TrunkAddressState,
): string | undefined {
  const row = misses > 1 ? `, ${misses} in a row` : "";
  if (lastFailure === "timeout") return `no answer${row}`;
  if (lastFailure === "transport") return `cannot be reached${row}`;
  if (lastStatus === undefined) return undefined;
  return `answered ${lastStatus} after ${Math.round(roundTripMs ?? 0)} ms`;
}

function registrationText(one: RegistrationState): string {
  const { state, server, contact, expiresInSeconds, retryInSeconds } = one;
  const parts = [`${state}${server === undefined ? "" : ` at ${server}`}`];
  if (contact !== undefined) parts.push(`as ${contact}`);
  if (expiresInSeconds !== undefined) {
    parts.push(`expires in ${span(expiresInSeconds)}`);
  }
  if (one.lastStatus !== undefined && state !== "registered") {
    parts.push(`last status ${one.lastStatus}`);
  }
  if (retryInSeconds !== undefined) {
    parts.push(`again in ${span(retryInSeconds)}`);
  }
  return parts.join(", ");
}

/** `7 s`, `3 min 20 s`, `5 h 3 min`, `2 d 4 h`. */
function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

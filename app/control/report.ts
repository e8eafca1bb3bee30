/**
 * What a running Legwork says of itself before it is lines of text: its supervisor asks each worker for that, and makes
 * one list of all.
 *
 * @module
 */

import type { CallState } from "../../core/call/call_record.ts";
import type { KeepAliveState } from "../../core/call/keep_alives.ts";
import type { OverloadState } from "../../core/call/overload.ts";
import type { NgServerState } from "../../core/media/ng_servers.ts";
import type { RegistrationState } from "../../core/trunk/trunk_registration.ts";
import type { TrunkState } from "../../core/trunk/trunk_state.ts";
import type { Server } from "../server.ts";

/** One kind of list each; `count` is how many there are, of which the first {@linkcode MOST_LISTED} are given. */
export type Report =
  | {
    readonly of: "calls";
    readonly calls: readonly CallState[];
    readonly count: number;
    readonly overload?: OverloadState | undefined;
  }
  | {
    readonly of: "keepalives";
    readonly states: readonly KeepAliveState[];
    readonly count: number;
  }
  | {
    readonly of: "trunks";
    readonly trunks: readonly TrunkState[];
    readonly count: number;
    /** By the name of the trunk. */
    readonly registrations: Readonly<
      Record<string, readonly RegistrationState[]>
    >;
    readonly rtpengine: readonly NgServerState[];
  };

/** What a list may be of. */
export type Listed = Report["of"];

/** Calls, peers or trunks listed at most; who has more needs metrics. */
export const MOST_LISTED = 1_000;

/** How this process stands. */
export function reportOf(
  of: Listed,
  { b2bua, overload, rtpengine }: Server,
): Report {
  switch (of) {
    case "calls": {
      const all = b2bua.callStates;
      const calls = all.slice(0, MOST_LISTED);
      return { of, calls, count: all.length, overload: overload?.state };
    }
    case "keepalives": {
      const all = b2bua.keepAlives;
      return { of, states: all.slice(0, MOST_LISTED), count: all.length };
    }
    case "trunks": {
      const all = b2bua.trunkStates;
      const trunks = all.slice(0, MOST_LISTED);
      const registrations = Object.fromEntries(
        trunks.map(({ name }) => [name, b2bua.registrationsOf(name)]),
      );
      const servers = rtpengine?.states ?? [];
      const count = all.length;
      return { of, trunks, count, registrations, rtpengine: servers };
    }
  }
}

/**
 * The report of that kind in what a worker has answered; undefined when it is none. The worker is a Legwork that this
 * one has started: what stands in the lists is taken at its word.
 */
export function readReport(value: unknown, of: Listed): Report | undefined {
  const report = value as Report | null | undefined;
  return typeof report === "object" && report?.of === of &&
      Number.isSafeInteger(report.count) && listsOf(report).every(isList)
    ? report
    : undefined;
}

function listsOf(report: Report): readonly unknown[] {
  switch (report.of) {
    case "calls":
      return [report.calls];
    case "keepalives":
      return [report.states];
    case "trunks":
      return [report.trunks, report.rtpengine];
  }
}

function isList(value: unknown): boolean {
  return Array.isArray(value) &&
    value.every((item) => typeof item === "object" && item !== null);
}

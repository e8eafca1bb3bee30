/** Decisions checked before they are carried out: a policy is not trusted to return what its types promise. */

import { keysProblem } from "../media/key.ts";
import { fromText } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import { type NameAddr, parseNameAddr } from "../message/name_addr.ts";
import { parseSipUri } from "../message/uri.ts";
import { isAorName } from "./aor_name.ts";
import type {
  Answer,
  HeaderValues,
  Replace,
  RouteTarget,
} from "./decisions.ts";
import {
  checkAction,
  type DecidingHook,
  type Decision,
  statusRange,
} from "./hook_actions.ts";
import { checkedValue, checkName } from "./draft_headers.ts";

/** Header fields of a decision as lines; throws TypeError for one a policy may not write. */
export function headersOf(values: HeaderValues | undefined): Headers {
  const headers = new Headers();
  if (values === undefined) return headers;
  for (const [name, value] of Object.entries(values)) {
    checkName("set", name);
    for (const one of typeof value === "string" ? [value] : value) {
      headers.append(name, checkedValue("set", { name, value: one }));
    }
  }
  return headers;
}

/** A reason phrase as a byte string; throws when it could not stand in a status line. */
export function reasonOf(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  return checkedValue("set", { name: "reason phrase", value: reason });
}

/** One of a target's parties; throws TypeError when it is neither a name-addr nor a URI. */
export function partyOf(
  which: string,
  text: string | undefined,
): NameAddr | undefined {
  if (text === undefined) return undefined;
  const party = parseNameAddr(
    checkedValue("set", { name: which, value: text }),
  );
  if (party !== undefined) return party;
  throw new TypeError(
    `Cannot route call: ${which} "${text}" is neither a URI nor a name-addr`,
  );
}

/** The name or URI of a target. */
export function targetName(target: RouteTarget): string {
  return typeof target === "string" ? target : target.to;
}

/** Throws TypeError unless that hook's decision can be carried out. `isTrunk` knows the trunks' names. */
export function checkDecision(
  hook: DecidingHook,
  decision: Decision,
  isTrunk: (name: string) => boolean,
): void {
  checkAction(hook, decision);
  switch (decision.action) {
    case "route":
      if (!Array.isArray(decision.targets) || decision.targets.length === 0) {
        throw new TypeError("Cannot route call: no target is given");
      }
      for (const target of decision.targets) checkTarget(target, isTrunk);
      return;
    case "answer":
    case "reject":
      checkStatus(decision.status, ...statusRange(hook, decision.action));
      headersOf(decision.headers);
      reasonOf(decision.reason);
      if (hook === "onInvite" && decision.action === "answer") {
        checkAnswer(decision);
      }
      return;
    case "redirect":
      for (const contact of decision.contacts) {
        if (parseSipUri(fromText(contact)) === undefined) {
          throw new TypeError(
            `Cannot redirect call: "${contact}" is not a SIP URI`,
          );
        }
      }
      return;
    case "replace":
      checkReplace(hook, decision);
      return;
    case "refresh":
      headersOf(decision.headers);
      return;
    case "relay":
    case "next":
    case "drop":
    case "skip":
    case "suppress":
    case "ignore":
    case "perform":
    case "accept":
      return;
  }
}

function checkTarget(
  target: RouteTarget,
  isTrunk: (name: string) => boolean,
): void {
  const name = targetName(target);
  if (typeof target !== "string") checkSettings(target);
  if (isTrunk(name) || isAorName(name)) return;
  if (parseSipUri(fromText(name)) === undefined) {
    throw new TypeError(
      `Cannot route call: target "${name}" is neither a trunk, a SIP URI nor aor:USER`,
    );
  }
}

function checkSettings(target: Exclude<RouteTarget, string>): void {
  headersOf(target.headers);
  const { user, weight, parties } = target;
  if (
    user !== undefined &&
    parseSipUri(`sip:${fromText(user)}@a`)?.user !== fromText(user)
  ) {
    throw new TypeError(
      `Cannot route call: "${user}" is not the user part of a URI`,
    );
  }
  if (weight !== undefined && !(weight >= 0 && weight <= 65_535)) {
    throw new TypeError(
      `Cannot route call: weight ${weight} is not between 0 and 65535`,
    );
  }
  partyOf("from", parties?.from);
  partyOf("to", parties?.to);
  if (parties?.asserted !== "") partyOf("asserted", parties?.asserted);
}

/**
 * RFC 3261 §13.3.1.4: "If the INVITE request contained an offer, and the UAS had not yet sent an answer, the 2xx MUST
 * contain an answer. If the INVITE did not contain an offer, the 2xx MUST contain an offer".
 */
function checkAnswer({ body = "" }: Answer): void {
  if (/^v=0\r?\n/.test(body)) return;
  throw new TypeError("Cannot answer call: found no SDP, wanted it as body");
}

const KEYS = "0 to 9, *, #, A to D and ! for flash";

function checkReplace(hook: DecidingHook, decision: Replace): void {
  const { status, keys } = decision;
  if (hook === "onProgress") {
    checkStatus(status ?? 0, 101, 199);
  } else if (!/^[0-9A-Da-d*#!]{1,32}$/.test(keys ?? "")) {
    throw new TypeError(
      `Cannot take decision: ${keysProblem(keys)}, wanted 1 to 32 of ${KEYS}`,
    );
  }
}

function checkStatus(status: number, least: number, most: number): void {
  if (!Number.isInteger(status) || status < least || status > most) {
    throw new TypeError(
      `Cannot take decision: ${status} is not a status from ${least} to ${most}`,
    );
  }
}

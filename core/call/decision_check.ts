/** Decisions checked before they are carried out: a policy is not trusted to return what its types promise. */

import { fromText } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import { parseSipUri } from "../message/uri.ts";
import type {
  FailureDecision,
  HeaderValues,
  InviteDecision,
  MessageDecision,
  RouteTarget,
} from "./decisions.ts";
import { checkedValue, checkName } from "./draft_headers.ts";

/** Header fields of a decision as lines; throws TypeError for one a policy may not write. */
export function headersOf(values: HeaderValues | undefined): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(values ?? {})) {
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

/** Throws TypeError unless the decision can be carried out. `isTrunk` knows the trunks' names. */
export function checkDecision(
  decision: InviteDecision | FailureDecision,
  isTrunk: (name: string) => boolean,
): void {
  switch (decision.action) {
    case "route":
      if (decision.targets.length === 0) {
        throw new TypeError("Cannot route call: no target is given");
      }
      for (const target of decision.targets) checkTarget(target, isTrunk);
      return;
    case "reject":
      checkFinal(decision.status);
      headersOf(decision.headers);
      reasonOf(decision.reason);
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
    case "relay":
    case "next":
      return;
  }
  const { action } = decision as { action?: unknown };
  throw new TypeError(
    `Cannot use decision: action ${JSON.stringify(action)} is not known here`,
  );
}

/** Throws TypeError unless a message hook's decision about a request can be carried out. */
export function checkMessageDecision(decision: MessageDecision): void {
  switch (decision.action) {
    case "drop":
      return;
    case "answer":
    case "reject":
      checkFinal(decision.status, 200);
      headersOf(decision.headers);
      reasonOf(decision.reason);
      return;
  }
  const { action } = decision as { action?: unknown };
  throw new TypeError(
    `Cannot use decision: action ${JSON.stringify(action)} is not known here`,
  );
}

/** The name or URI of a target. */
export function targetName(target: RouteTarget): string {
  return typeof target === "string" ? target : target.to;
}

function checkTarget(
  target: RouteTarget,
  isTrunk: (name: string) => boolean,
): void {
  const name = targetName(target);
  if (typeof target !== "string") headersOf(target.headers);
  if (isTrunk(name)) return;
  if (parseSipUri(fromText(name)) === undefined) {
    throw new TypeError(
      `Cannot route call: target "${name}" is neither a trunk nor a SIP URI`,
    );
  }
}

function checkFinal(status: number, least = 300): void {
  if (!Number.isInteger(status) || status < least || status > 699) {
    throw new TypeError(
      `Cannot use decision: ${status} is not a status from ${least} to 699`,
    );
  }
}

/** What a script returned, read as plain data and held against what its hook may decide. */

import type {
  DtmfKind,
  HeaderValues,
  Parties,
  RefreshMethod,
  RouteTarget,
} from "../core/call/decisions.ts";
import {
  type Action,
  checkAction,
  type DecidingHook,
  type Decision,
  type DecisionOf,
  statusRange,
} from "../core/call/hook_actions.ts";

type Fields = Readonly<Record<string, unknown>>;

const METHODS: readonly RefreshMethod[] = ["UPDATE", "INVITE", "OPTIONS"];
const KINDS: readonly DtmfKind[] = [
  "rfc4733",
  "info",
  "info-dtmf",
  "kpml",
  "inband",
];

/** The decision in `json`; throws TypeError that names what was found and what was wanted. */
export function readDecision<H extends DecidingHook>(
  hook: H,
  json: string,
): DecisionOf<H> {
  const said: unknown = JSON.parse(json);
  // The short form of refresh(method).
  const value: unknown = hook === "onRefresh" && typeof said === "string"
    ? { action: "refresh", method: said }
    : said;
  checkAction(hook, value);
  const fields = value as Fields;
  return read(hook, fields.action as Action, fields) as DecisionOf<H>;
}

function read(hook: DecidingHook, action: Action, fields: Fields): Decision {
  switch (action) {
    case "route":
      return {
        action,
        targets: list(fields.targets, "route target").map(target),
        ...optional("parallel", fields.parallel, flag),
        ...optional("timeoutSeconds", fields.timeoutSeconds, seconds),
      };
    case "reject":
      return {
        action,
        // A 3xx without Contact is none, and redirect is there.
        status: whole(fields.status, "status", [400, 699]),
        ...response(fields),
      };
    case "answer":
      return {
        action,
        status: whole(fields.status, "status", statusRange(hook, action)),
        ...response(fields),
        ...optional("body", fields.body, string),
      };
    case "redirect":
      return {
        action,
        contacts: list(fields.contacts, "contact")
          .map((contact) => line(contact, "contact")),
      };
    case "replace":
      return hook === "onProgress"
        ? {
          action,
          status: whole(fields.status, "status", [101, 199]),
          ...optional("body", fields.body, string),
        }
        : {
          action,
          keys: line(fields.keys, "keys"),
          ...optional("as", fields.as, kind),
        };
    case "refresh":
      return {
        action,
        method: one(fields.method, "method", METHODS),
        ...optional("sdp", fields.sdp, flag),
        ...optional("headers", fields.headers, headers),
      };
    case "accept":
      return {
        action,
        ...optional("aor", fields.aor, line),
        ...optional("expiresSeconds", fields.expiresSeconds, seconds),
      };
    case "relay":
      return { action, ...optional("as", fields.as, kind) };
    case "drop":
    case "next":
    case "skip":
    case "suppress":
    case "ignore":
    case "perform":
      return { action };
  }
}

function response(
  fields: Fields,
): { reason?: string; headers?: HeaderValues } {
  return {
    ...optional("reason", fields.reason, line),
    ...optional("headers", fields.headers, headers),
  };
}

function target(value: unknown): RouteTarget {
  if (typeof value !== "object" || value === null) {
    return line(value, "route target");
  }
  const fields = value as Fields;
  return {
    to: line(fields.to, "route target"),
    ...optional("timeoutSeconds", fields.timeoutSeconds, seconds),
    ...optional("headers", fields.headers, headers),
    ...optional("user", fields.user, line),
    ...optional("parties", fields.parties, parties),
    ...optional(
      "weight",
      fields.weight,
      (value) => whole(value, "weight", [0, 65_535]),
    ),
  };
}

function parties(value: unknown): Parties {
  if (typeof value !== "object" || value === null) {
    throw wrong(`parties: found ${shown(value)}, wanted from, to or asserted`);
  }
  const fields = value as Fields;
  return {
    ...optional("from", fields.from, line),
    ...optional("to", fields.to, line),
    ...optional("asserted", fields.asserted, line),
  };
}

function optional<K extends string, T>(
  name: K,
  value: unknown,
  parse: (value: unknown, name: string) => T,
): { [P in K]?: T } {
  if (value === undefined || value === null) return {};
  return { [name]: parse(value, name) } as { [P in K]?: T };
}

function headers(value: unknown): HeaderValues {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(`headers: found ${shown(value)}, wanted names with values`);
  }
  const result: Record<string, string | string[]> = {};
  for (const [name, content] of Object.entries(value)) {
    // RFC 3261 §25.1: a header name is a token.
    if (!/^[\w\-.!%*+`'~]+$/.test(name) || name === "__proto__") {
      throw wrong(`headers: ${shown(name)} is not a header name`);
    }
    result[name] = Array.isArray(content)
      ? content.map((each) => line(each, name))
      : line(content, name);
  }
  return result;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong(`found no ${what}, wanted at least one`);
  }
  return value;
}

function line(value: unknown, what: string): string {
  const text = string(value, what);
  if (/[\r\n\0]/.test(text)) {
    throw wrong(`${what}: ${shown(text)} has a line break`);
  }
  return text;
}

function string(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw wrong(`${what}: found ${shown(value)}, wanted text`);
}

function flag(value: unknown, what: string): boolean {
  if (typeof value === "boolean") return value;
  throw wrong(`${what}: found ${shown(value)}, wanted true or false`);
}

function seconds(value: unknown, what: string): number {
  if (typeof value === "number" && value > 0 && value < 86_400) return value;
  throw wrong(`${what}: found ${shown(value)}, wanted seconds`);
}

function kind(value: unknown, what: string): DtmfKind {
  return one(value, what, KINDS);
}

function one<T extends string>(
  value: unknown,
  what: string,
  known: readonly T[],
): T {
  const found = known.find((each) => each === value);
  if (found !== undefined) return found;
  throw wrong(`${what}: found ${shown(value)}, wanted ${listed(known)}`);
}

function whole(
  value: unknown,
  what: string,
  [least, most]: readonly [number, number],
): number {
  if (
    typeof value === "number" && Number.isInteger(value) &&
    value >= least && value <= most
  ) return value;
  const wanted = least === most ? `${least}` : `${least} to ${most}`;
  throw wrong(`${what}: found ${shown(value)}, wanted ${wanted}`);
}

function wrong(what: string): TypeError {
  return new TypeError(`Cannot take decision: ${what}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function listed(names: readonly string[]): string {
  return names.length === 1
    ? names[0]!
    : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** What a script returned, read as plain data and held against what its hook may decide. */

import type {
  FailureDecision,
  HeaderValues,
  InviteDecision,
  MessageDecision,
  RequestDecision,
  RouteTarget,
} from "../core/call/decisions.ts";

type Decision =
  | InviteDecision
  | FailureDecision
  | RequestDecision
  | MessageDecision;
type Action = Decision["action"];
type Fields = Readonly<Record<string, unknown>>;

/** What each hook may decide. */
export const HOOK_ACTIONS = {
  onInvite: ["route", "reject", "redirect"],
  onFailure: ["next", "route", "reject", "redirect", "relay"],
  onRequest: ["answer", "reject", "route", "drop"],
  inbound: ["answer", "reject", "drop"],
} as const satisfies Record<string, readonly Action[]>;

/** A hook whose return value is a decision. */
export type DecidingHook = keyof typeof HOOK_ACTIONS;
/** What such a hook decides. */
export type DecisionOf<H extends DecidingHook> = Extract<
  Decision,
  { action: typeof HOOK_ACTIONS[H][number] }
>;

/** The decision in `json`; throws TypeError that names what was found and what was wanted. */
export function readDecision<H extends DecidingHook>(
  hook: H,
  json: string,
): DecisionOf<H> {
  const value: unknown = JSON.parse(json);
  const actions: readonly Action[] = HOOK_ACTIONS[hook];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(`found ${shown(value)}, wanted ${listed(actions)}`);
  }
  const fields = value as Fields;
  const action = actions.find((name) => name === fields.action);
  if (action === undefined) {
    const found = typeof fields.action === "string"
      ? fields.action
      : `an object without action`;
    throw wrong(`found ${found}, ${hook} wants ${listed(actions)}`);
  }
  return read(action, fields) as DecisionOf<H>;
}

function read(action: Action, fields: Fields): Decision {
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
        status: status(fields.status, 400),
        ...response(fields),
      };
    case "answer":
      return {
        action,
        status: status(fields.status, 200),
        ...response(fields),
        ...optional("body", fields.body, string),
      };
    case "redirect":
      return {
        action,
        contacts: list(fields.contacts, "contact")
          .map((contact) => line(contact, "contact")),
      };
    case "relay":
    case "drop":
    case "next":
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

function status(value: unknown, least: number): number {
  if (
    typeof value === "number" && Number.isInteger(value) &&
    value >= least && value <= 699
  ) return value;
  throw wrong(`status: found ${shown(value)}, wanted ${least} to 699`);
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

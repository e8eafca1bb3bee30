/**
 * The host's end of the views that a script reaches through others: each gets a number in its frame, and is gone with
 * it.
 *
 * @module
 */

import type { HostValue } from "./machine_host.ts";
import {
  VIEW_MEMBERS,
  VIEW_NUMBERS,
  type ViewKind,
  type ViewMembers,
} from "./view_members.ts";

/** What has members. */
export interface NumberedView {
  readonly kind: keyof ViewMembers;
  readonly view: object;
}

/** Most views in one hook. */
const MAX_VIEWS = 10_000;

/** The views of one frame. */
export class FrameViews {
  readonly #views: NumberedView[] = [];
  readonly #numbers = new Map<object, number>();

  /** A view by its number; throws TypeError for one that nobody was given. */
  at(number: number): NumberedView {
    const found = this.#views[number - VIEW_NUMBERS.first];
    if (found === undefined) throw new TypeError("There is no such view");
    return found;
  }

  /** Reads a property, or calls a method that changes nothing. `args` is a list as JSON; so is plain data that comes back. */
  look(on: NumberedView, member: number, args: string): HostValue {
    const [name, access, gives] = memberOf(on, member);
    switch (access) {
      case "read":
      case "write":
        return this.#crossing(Reflect.get(on.view, name), gives);
      case "ask":
        return this.#crossing(invoke(on.view, name, args), gives);
      case "edit":
        throw new TypeError(`Cannot read ${name}: it is an edit`);
    }
  }

  /** Assigns a property, or calls a method that edits. */
  edit(on: NumberedView, member: number, args: string): HostValue {
    const [name, access] = memberOf(on, member);
    switch (access) {
      case "write":
        Reflect.set(on.view, name, argumentsOf(args)[0], on.view);
        return undefined;
      case "edit":
        return this.#crossing(invoke(on.view, name, args), undefined);
      case "read":
      case "ask":
        throw new TypeError(`Cannot set ${name}: it is read-only`);
    }
  }

  #crossing(value: unknown, gives: string | undefined): HostValue {
    if (value === undefined) return undefined;
    if (gives === undefined) return JSON.stringify(value);
    if (!gives.endsWith("[]")) {
      return this.#numberOf(value as object, gives as ViewKind);
    }
    const kind = gives.slice(0, -2) as ViewKind;
    return JSON.stringify(
      (value as readonly object[]).map((view) => this.#numberOf(view, kind)),
    );
  }

  #numberOf(view: object, kind: ViewKind): number {
    let number = this.#numbers.get(view);
    if (number === undefined) {
      if (this.#views.length >= MAX_VIEWS) {
        throw new RangeError(
          `Cannot look at more than ${MAX_VIEWS} values in one hook`,
        );
      }
      number = VIEW_NUMBERS.first + this.#views.length;
      this.#views.push({ kind, view });
      this.#numbers.set(view, number);
    }
    return number;
  }
}

function memberOf(
  on: NumberedView,
  member: number,
): ViewMembers[keyof ViewMembers][number] {
  const found = VIEW_MEMBERS[on.kind][member];
  if (found === undefined) throw new TypeError("There is no such member");
  return found;
}

function invoke(view: object, name: string, args: string): unknown {
  const method: unknown = Reflect.get(view, name);
  if (typeof method !== "function") {
    throw new TypeError(`There is no ${name}`);
  }
  return Reflect.apply(method, view, argumentsOf(args));
}

/** No member takes null: it stands for an argument that was left out. */
function argumentsOf(text: string): unknown[] {
  const args: unknown = JSON.parse(text);
  if (!Array.isArray(args)) throw new TypeError("Arguments are a list");
  return args.map((each: unknown) => each ?? undefined);
}

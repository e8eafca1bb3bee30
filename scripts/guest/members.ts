/**
 * Views of header values and bodies as a script sees them: objects that hold nothing but a frame and a number, with
 * members that ask the host. This function runs inside the sandbox: its text is taken there, so it uses nothing but
 * its arguments.
 *
 * @module
 */

import type { Operations } from "../operations.ts";
import type { ViewMembers } from "../view_members.ts";
import type { HostFunction } from "./world.ts";

/** Where a view stands. */
export interface Standing {
  readonly frame: { readonly id: number };
  readonly number: number;
}

/** Gives a class the members of a kind; `standing` says where one of its objects stands. */
export type AddMembers = (
  prototype: object,
  kind: keyof ViewMembers,
  standing: (view: never) => Standing,
) => void;

/** Makes the classes, and the way to give others members. */
export function makeMembers(
  host: HostFunction,
  op: Operations,
  kinds: ViewMembers,
): AddMembers {
  const { parse, stringify } = JSON;
  const { defineProperty, keys } = Object;
  const { setPrototypeOf } = Reflect;
  const { isFinite } = Number;

  function crossed(
    operation: number,
    { frame, number }: Standing,
    member: number,
    args: unknown[],
  ): unknown {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (typeof arg === "number" && !isFinite(arg)) {
        throw new TypeError(`Cannot use ${arg}: wanted a number`);
      }
    }
    const value = host(
      operation,
      frame.id,
      number,
      member,
      stringify(args),
    );
    if (typeof value === "number" && value < 0) {
      throw new TypeError(host(op.problem) as string);
    }
    return value;
  }

  let standingOf: (view: View) => Standing;
  class View {
    readonly #standing: Standing;
    static {
      standingOf = (view) => view.#standing;
    }
    constructor(standing: Standing) {
      this.#standing = standing;
    }
  }
  delete (View.prototype as { constructor?: unknown }).constructor;
  const prototypes: Record<string, object> = { __proto__: null } as never;

  /** What came from the host, as what the member gives. */
  function given(
    value: unknown,
    gives: string | undefined,
    at: Standing,
  ): unknown {
    if (value === undefined) return undefined;
    if (gives === undefined) return parse(value as string);
    if (typeof value === "number") return viewOf(gives, at, value);
    const numbers = parse(value as string) as number[];
    const views: unknown[] = [];
    for (let i = 0; i < numbers.length; i++) {
      defineProperty(views, i, {
        value: viewOf(gives, at, numbers[i] as number),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return views;
  }
  function viewOf(gives: string, { frame }: Standing, number: number): View {
    const view = new View({ frame, number });
    setPrototypeOf(view, prototypes[gives] as object);
    return view;
  }

  function addMembers(
    prototype: object,
    kind: keyof ViewMembers,
    standing: (view: never) => Standing,
  ): void {
    const members = kinds[kind];
    for (let i = 0; i < members.length; i++) {
      const [name, access, gives] = members[i]!;
      const property = access === "read" || access === "write";
      const look = function (this: never, ...args: unknown[]): unknown {
        const at = standing(this);
        return given(crossed(op.look, at, i, args), gives, at);
      };
      const edit = function (this: never, ...args: unknown[]): unknown {
        const at = standing(this);
        return given(crossed(op.edit, at, i, args), gives, at);
      };
      const rest = { enumerable: false, configurable: true };
      if (access === "read") {
        defineProperty(prototype, name, { get: look, ...rest });
      } else if (property) {
        defineProperty(prototype, name, { get: look, set: edit, ...rest });
      } else {
        const value = access === "ask" ? look : edit;
        defineProperty(prototype, name, { value, writable: true, ...rest });
        if (name === "toString") {
          defineProperty(prototype, "toJSON", {
            value,
            writable: true,
            ...rest,
          });
        }
      }
    }
  }

  for (const kind of keys(kinds) as (keyof ViewMembers)[]) {
    const prototype = {};
    prototypes[kind] = prototype;
    // A list is of the same views.
    prototypes[`${kind}[]`] = prototype;
    addMembers(prototype, kind, standingOf! as (view: never) => Standing);
  }
  return addMembers;
}

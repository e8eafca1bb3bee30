/**
 * What a script finds in its global scope beyond the language. This function runs inside the sandbox: its text is
 * taken there, so it uses nothing but its arguments.
 *
 * @module
 */

import type { Operations } from "../operations.ts";

/** The one function that leads out of the sandbox. */
export type HostFunction = (
  operation: number,
  ...args: (string | number | object | undefined)[]
) => unknown;

/** Makes time and randomness the host's, gives the script a console, and takes away code made from text. */
export function installWorld(host: HostFunction, op: Operations): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  const NativeDate = Date;
  const { stringify } = JSON;
  const { defineProperty, getPrototypeOf } = Object;
  const { construct } = Reflect;

  function hide(target: object, name: string, value: unknown): void {
    defineProperty(target, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }

  function HostDate(this: unknown, ...parts: unknown[]): unknown {
    if (new.target === undefined) return new NativeDate(now()).toString();
    return construct(
      NativeDate,
      parts.length === 0 ? [now()] : parts,
      new.target,
    );
  }
  function now(): number {
    return host(op.now) as number;
  }
  hide(HostDate, "name", "Date");
  HostDate.prototype = NativeDate.prototype;
  hide(HostDate, "now", now);
  hide(HostDate, "parse", NativeDate.parse);
  hide(HostDate, "UTC", NativeDate.UTC);
  hide(NativeDate.prototype, "constructor", HostDate);
  hide(scope, "Date", HostDate);
  hide(Math, "random", () => host(op.random));

  function refuse(): never {
    throw new TypeError("Cannot run code made from text in a script");
  }
  boundNatives();

  const functions = [
    function () {},
    async function () {},
    function* () {},
    async function* () {},
  ];
  for (const example of functions) {
    const prototype = getPrototypeOf(example);
    defineProperty(prototype, "constructor", { value: refuse });
  }
  defineProperty(refuse, "prototype", { value: Function.prototype });
  hide(scope, "Function", refuse);
  for (
    const name of [
      "eval",
      "InternalError",
      "SharedArrayBuffer",
      "Atomics",
      "WeakRef",
      "FinalizationRegistry",
      // One operation on large ones runs for up to two seconds without asking whether to stop.
      "BigInt",
      "BigInt64Array",
      "BigUint64Array",
    ]
  ) delete scope[name];

  /**
   * A few built-in functions work for as long as their input says without ever asking whether to stop: a search for
   * one long text in another, and array functions on whatever claims a length.
   */
  function boundNatives(): void {
    const { apply } = Reflect;
    const mostCompared = 4_000_000;
    const mostElements = 1_000_000;
    type Native = (...args: unknown[]) => unknown;
    const strings = String.prototype as unknown as Record<string, Native>;
    for (
      const name of [
        "indexOf",
        "lastIndexOf",
        "includes",
        "split",
        "replace",
        "replaceAll",
      ]
    ) {
      const native = strings[name] as Native;
      hide(
        strings,
        name,
        {
          [name](this: unknown, ...args: unknown[]): unknown {
            const sought = args[0];
            if (
              typeof this === "string" && typeof sought === "string" &&
              this.length * sought.length > mostCompared
            ) throw new RangeError(`Cannot search text: both are too long`);
            return apply(native, this, args);
          },
        }[name],
      );
    }
    const arrays = Array.prototype as unknown as Record<string, Native>;
    for (const name of Reflect.ownKeys(Array.prototype)) {
      const native = typeof name === "string" ? arrays[name] : undefined;
      if (
        typeof name !== "string" || typeof native !== "function" ||
        name === "constructor" || name === "push" || name === "pop" ||
        name === "at" || name === "entries" || name === "keys" ||
        name === "values"
      ) continue;
      hide(
        arrays,
        name,
        {
          [name](this: { length: unknown }, ...args: unknown[]): unknown {
            const length = this.length;
            if (typeof length !== "number" || length > mostElements) {
              throw new RangeError(`Cannot use ${name}: the array is too long`);
            }
            if (name === "concat") {
              for (const each of args) short(each, name);
            }
            return apply(native, this, args);
          },
        }[name],
      );
    }
    const typed = getPrototypeOf(Uint8Array) as Record<string, Native>;
    const typedArrays = typed.prototype as unknown as Record<string, Native>;
    for (const name of ["sort", "toSorted", "join", "toLocaleString", "set"]) {
      bound(typedArrays, name, (self, [source]) => {
        short(self, name);
        short(source, name);
      });
    }
    bound(typed, "from", (_, [source]) => short(source, "from"));
    const texts = String as unknown as Record<string, Native>;
    bound(texts, "raw", (_, [strings]) => {
      short((strings as { raw?: unknown } | undefined)?.raw, "raw");
    });

    function short(list: unknown, name: string): void {
      if (typeof list !== "object" || list === null) return;
      const { length } = list as { length?: unknown };
      if (typeof length === "number" && length > mostElements) {
        throw new RangeError(`Cannot use ${name}: the array is too long`);
      }
      if (typeof length === "object" && length !== null) {
        throw new TypeError(`Cannot use ${name}: its length is no number`);
      }
    }
    function bound(
      target: Record<string, Native>,
      name: string,
      check: (self: unknown, args: unknown[]) => void,
    ): void {
      const native = target[name];
      if (native === undefined) return;
      hide(
        target,
        name,
        {
          [name](this: unknown, ...args: unknown[]): unknown {
            check(this, args);
            return apply(native, this, args);
          },
        }[name],
      );
    }
  }

  function printable(value: unknown): string {
    if (typeof value === "string") return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    if (typeof value === "object" && value !== null) {
      return stringify(value) ?? "{}";
    }
    return typeof value === "symbol" ? "a symbol" : `${value}`;
  }
  function writer(level: string): (...values: unknown[]) => void {
    return (...values) => {
      let line = "";
      for (let i = 0; i < values.length; i++) {
        line += (i === 0 ? "" : " ") + printable(values[i]);
      }
      host(op.log, level, line);
    };
  }
  hide(scope, "console", {
    log: writer("info"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
    debug: writer("debug"),
  });
}

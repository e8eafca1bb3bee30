/**
 * Stand-in for `@std/assert`: the part that Legwork's tests use, with the same
 * names, signatures and behaviour, over `node:assert`. Where JSR can be
 * reached, point the import map at the original and delete this file.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";

// "never" for the arguments: nobody here calls the constructor.
type Constructor<T = unknown> = abstract new (...args: never[]) => T;

/** Thrown by every assertion that fails. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Fails where a line is reached that cannot be. */
export function unreachable(reason?: string): never {
  throw new AssertionError(`Unreachable${reason ? `: ${reason}` : ""}`);
}

/** `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** `expr` is falsy. */
export function assertFalse(expr: unknown, msg?: string): void {
  if (expr) raise(`Expected expression to be falsy`, msg);
}

/** Deep equality, as `Object.is` at the leaves. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  raise(
    `Values are not equal${msg ? `: ${msg}` : "."}\n${
      difference(actual, expected)
    }`,
  );
}

/** The opposite of {@linkcode assertEquals}. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!isDeepStrictEqual(actual, expected)) return;
  raise(`Expected actual: ${show(actual)} not to be: ${show(expected)}`, msg);
}

/** The same value or the same object, as `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const what = isDeepStrictEqual(actual, expected)
    ? `Values have the same structure but are not reference-equal${
      msg ? `: ${msg}` : "."
    }\n\n${show(actual)}`
    : `Values are not strictly equal${msg ? `: ${msg}` : "."}\n${
      difference(actual, expected)
    }`;
  raise(what);
}

/** The opposite of {@linkcode assertStrictEquals}. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (Object.is(actual, expected)) {
    raise(
      `Expected "actual" to not be strictly equal to: ${show(actual)}`,
      msg,
    );
  }
}

/** Neither null nor undefined. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    raise(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** `actual` was made by `expectedType` or a class below it. */
export function assertInstanceOf<T extends Constructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const found = actual === null
    ? "null"
    : typeof actual === "object"
    ? actual.constructor?.name
    : typeof actual;
  raise(
    `Expected object to be an instance of "${expectedType.name}" but was "${found}"`,
    msg,
  );
}

/** The expression finds something in `actual`. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) {
    raise(`Expected actual: "${actual}" to match: "${expected}"`, msg);
  }
}

/** The opposite of {@linkcode assertMatch}. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) {
    raise(`Expected actual: "${actual}" to not match: "${expected}"`, msg);
  }
}

/** `expected` stands somewhere in `actual`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (!actual.includes(expected)) {
    raise(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
  }
}

/** Every element of `expected` is deeply equal to some element of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !present.some((found) => isDeepStrictEqual(found, wanted))
  );
  if (missing.length > 0) {
    raise(
      `Expected actual: "${show(present)}" to include: "${
        show(Array.from(expected))
      }"`,
      msg,
    );
  }
}

/** `expected` is deeply equal to the part of `actual` that has its keys. */
export function assertObjectMatch(
  actual: object,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (!contains(actual, expected)) {
    raise(
      `Values are not equal${msg ? `: ${msg}` : "."}\n${
        difference(actual, expected)
      }`,
    );
  }
}

/** `fn` throws; the error comes back for closer inspection. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** `fn` throws an `ErrorClass` whose message contains `msgIncludes`. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: Constructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const wanted = wantedError(classOrMsg, { msgIncludes, msg });
  let error: unknown;
  try {
    fn();
  } catch (caught) {
    error = caught;
    return checkError(error, wanted);
  }
  return raise("Expected function to throw", wanted.msg);
}

/** The promise of `fn` rejects; the error comes back. A synchronous throw fails the assertion. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** The promise of `fn` rejects with an `ErrorClass` whose message contains `msgIncludes`. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: Constructor<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const wanted = wantedError(classOrMsg, { msgIncludes, msg });
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    raise("Function throws when expected to reject", wanted.msg);
  }
  try {
    await promise;
  } catch (caught) {
    return checkError(caught, wanted);
  }
  return raise("Expected function to reject", wanted.msg);
}

interface WantedError {
  readonly errorClass?: Constructor<Error> | undefined;
  readonly msgIncludes?: string | undefined;
  readonly msg?: string | undefined;
}

function wantedError(
  classOrMsg: Constructor<Error> | string | undefined,
  rest: WantedError,
): WantedError {
  return typeof classOrMsg === "string"
    ? { msg: classOrMsg }
    : { ...rest, errorClass: classOrMsg };
}

function checkError(
  error: unknown,
  { errorClass, msgIncludes, msg }: WantedError,
): unknown {
  if (errorClass === undefined) return error;
  if (!(error instanceof Error)) raise("A non-Error object was thrown", msg);
  if (!(error instanceof errorClass)) {
    raise(
      `Expected error to be instance of "${errorClass.name}", but was "${
        (error as Error).constructor.name
      }"`,
      msg,
    );
  }
  if (msgIncludes !== undefined && !error.message.includes(msgIncludes)) {
    raise(
      `Expected error message to include ${show(msgIncludes)}, but got ${
        show(error.message)
      }`,
      msg,
    );
  }
  return error;
}

function contains(actual: unknown, expected: unknown): boolean {
  if (!isPlain(actual) || !isPlain(expected)) {
    return isDeepStrictEqual(actual, expected);
  }
  return Reflect.ownKeys(expected).every((key) =>
    key in actual && contains(actual[key], expected[key])
  );
}

function isPlain(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function difference(actual: unknown, expected: unknown): string {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return `${show(actual)}\n${show(expected)}`;
}

function show(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : inspect(value, { depth: 6, sorted: true });
}

function raise(what: string, msg?: string): never {
  throw new AssertionError(msg ? `${what}: ${msg}` : what);
}

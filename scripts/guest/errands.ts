/**
 * What a script waits for: `fetch`, `store` and `sleep`. This function runs inside the sandbox: its text is taken
 * there, so it uses nothing but its arguments.
 *
 * @module
 */

import type { Operations } from "../operations.ts";
import type { HostFunction } from "./world.ts";

/** The API, and the way in for what comes back. */
export interface GuestErrands {
  readonly fetch: unknown;
  readonly store: unknown;
  readonly sleep: unknown;
  /** An errand came back with JSON, or never will (undefined). */
  resume(errand: number, outcome?: string): void;
}

/** Makes them. */
export function makeErrands(host: HostFunction, op: Operations): GuestErrands {
  const { parse, stringify } = JSON;
  const { create, defineProperty, freeze, setPrototypeOf } = Object;
  const NativePromise = Promise;
  const NativeError = Error;
  const toLowerCase = Function.prototype.call.bind(
    String.prototype.toLowerCase,
  ) as unknown as (text: string) => string;
  interface Waiting {
    readonly resolve: (value: unknown) => void;
    readonly reject: (error: unknown) => void;
    readonly read: (value: unknown) => unknown;
  }
  const waiting = create(null) as Record<number, Waiting>;

  function failure(cause: { name: string; message: string }): Error {
    const error = new NativeError(cause.message);
    defineProperty(error, "name", { value: cause.name });
    return error;
  }
  function settle(outcome: Record<string, unknown>, how: Waiting): void {
    if (outcome.error === undefined) how.resolve(how.read(outcome.value));
    else {how.reject(
        failure(outcome.error as { name: string; message: string }),
      );}
  }
  function ask(
    kind: string,
    request: object,
    read: (value: unknown) => unknown,
  ): Promise<unknown> {
    const answer = host(op.ask, kind, stringify(request));
    if (typeof answer === "number") {
      return new NativePromise((resolve, reject) => {
        waiting[answer] = { resolve, reject, read };
      });
    }
    const outcome = parse(answer as string);
    if (outcome.refused !== undefined) throw failure(outcome.refused);
    return new NativePromise((resolve, reject) =>
      settle(outcome, { resolve, reject, read })
    );
  }
  function same(value: unknown): unknown {
    return value;
  }

  function response(value: unknown): unknown {
    const { status, headers, body, url } = value as {
      status: number;
      headers: Record<string, string>;
      body: string;
      url: string;
    };
    setPrototypeOf(headers, null);
    return freeze({
      status,
      ok: status >= 200 && status < 300,
      url,
      headers: freeze({
        get: (name: unknown) => headers[toLowerCase(`${name}`)] ?? null,
      }),
      text: () => new NativePromise((resolve) => resolve(body)),
      json: () => new NativePromise((resolve) => resolve(parse(body))),
    });
  }
  function fetch(url: unknown, options: Record<string, unknown> = {}): unknown {
    const { method, headers, body } = options;
    return ask("fetch", { url: `${url}`, method, headers, body }, response);
  }
  function sleep(ms: unknown): unknown {
    return ask("sleep", { ms }, same);
  }
  function expires(options: unknown): unknown {
    return (options as { expiresSeconds?: unknown } | undefined)
      ?.expiresSeconds;
  }
  const store = freeze({
    get: (key: unknown) => ask("get", { key }, same),
    set: (key: unknown, value: unknown, options?: unknown) =>
      ask("set", { key, value, expiresSeconds: expires(options) }, same),
    increment: (key: unknown, by?: unknown, options?: unknown) =>
      ask("increment", { key, by, expiresSeconds: expires(options) }, same),
    compareAndSet: (
      key: unknown,
      from: unknown,
      to: unknown,
      options?: unknown,
    ) =>
      ask(
        "compareAndSet",
        { key, from, to, expiresSeconds: expires(options) },
        same,
      ),
    delete: (key: unknown) => ask("delete", { key }, same),
  });

  function resume(errand: number, outcome?: string): void {
    const how = waiting[errand];
    delete waiting[errand];
    if (how !== undefined && outcome !== undefined) settle(parse(outcome), how);
  }

  return { fetch, store, sleep, resume };
}

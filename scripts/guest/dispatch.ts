/**
 * Calls a script's hooks and turns what comes of them into plain text: a decision, a promise to wait for, or a
 * fault. This function runs inside the sandbox: its text is taken there, so it uses nothing but its arguments.
 *
 * @module
 */

import type { Operations, Places, Returns, Shapes } from "../operations.ts";
import type { GuestErrands } from "./errands.ts";
import type { Frame, Views } from "./views.ts";
import type { HostFunction } from "./world.ts";

/** What the sandbox calls. */
export interface Dispatch {
  /** Remembers a script's exports; gives JSON of {@linkcode Exported}s, hooks in the order of their numbers. */
  take(exports: object): string;
  /**
   * Calls one hook; gives one of {@linkcode Returns}. The decision or the fault went to the host before.
   */
  run(
    hook: number,
    frame: number,
    shape: number,
    extra?: string,
  ): number;
}

/** Makes the dispatcher. */
export function makeDispatch(
  host: HostFunction,
  op: Operations,
  places: Places,
  shapes: Shapes,
  returns: Returns,
  { views, resume }: { views: Views; resume: GuestErrands["resume"] },
): Dispatch {
  const { parse, stringify } = JSON;
  const { Message, Leg, Call, headersOf } = views;
  const { ownKeys, setPrototypeOf } = Reflect;
  const NativePromise = Promise;
  const NativeError = Error;
  const resolve = NativePromise.resolve.bind(NativePromise);
  const then = Function.prototype.call.bind(
    NativePromise.prototype.then,
  ) as unknown as (
    promise: unknown,
    onValue: (value: unknown) => void,
    onError: (error: unknown) => void,
  ) => unknown;
  type Hook = (...args: unknown[]) => unknown;
  const hooks: Hook[] = [];
  interface Kept {
    readonly frame: Frame;
    readonly message: object;
    readonly headers: object;
    readonly leg: object;
  }
  /** What message hooks are handed. */
  let kept: Kept | undefined;
  /** Others of their kind that nobody sees: what shares its form with another takes a new one when it is changed. */
  let twins: Kept | undefined;

  function newKept(): Kept {
    const frame = { id: 0, vars: undefined, varsText: "" };
    const message = new Message(frame);
    const leg = new Leg(frame);
    return { frame, message, headers: headersOf(message), leg };
  }

  /** Those there were may be in the script's hands; they stay what they are, of a hook that has returned. */
  function keep(): void {
    twins ??= newKept();
    kept = newKept();
    host(op.kept, kept.frame, kept.message, kept.headers, kept.leg);
  }

  function placed(hook: unknown): unknown {
    const at = hook as Record<string, unknown>;
    return typeof hook === "function"
      ? `(${at.fileName}:${at.lineNumber}:${at.columnNumber})`
      : "";
  }

  /** A list that shows as what it is, whatever the script did to the prototypes. */
  function bare(list: unknown[]): unknown[] {
    setPrototypeOf(list, null);
    return list;
  }

  function take(exports: object): string {
    const found = bare([]);
    const scope = exports as Record<PropertyKey, unknown>;
    for (const name of ownKeys(exports)) {
      if (typeof name !== "string") continue;
      const value = scope[name];
      const patterns = bare([]);
      if (typeof value === "function") {
        hooks[hooks.length] = value as Hook;
      } else if (
        typeof value === "object" && value !== null &&
        (name === "inbound" || name === "outbound")
      ) {
        for (const pattern of ownKeys(value)) {
          if (typeof pattern !== "string") continue;
          const hook = (value as Record<string, unknown>)[pattern];
          patterns[patterns.length] = bare([
            pattern,
            typeof hook,
            placed(hook),
          ]);
          if (typeof hook === "function") hooks[hooks.length] = hook as Hook;
        }
      }
      found[found.length] = bare([
        name,
        typeof value,
        placed(value),
        patterns,
      ]);
    }
    return stringify(found);
  }

  /** The decision as JSON. Getters, proxies and toJSON run here, inside, under the hook's limits. */
  function outcome(frame: Frame, result: unknown): string | undefined {
    if (frame.vars !== undefined) {
      const text = stringify(frame.vars);
      if (text !== frame.varsText) {
        const problem = host(op.varsWrite, frame.id, places.call, text);
        if (typeof problem === "string") throw new TypeError(problem);
      }
    }
    if (result === undefined) return undefined;
    const text = stringify(result);
    if (typeof text === "string") return text;
    throw new TypeError(`Cannot take decision: found ${typeof result}`);
  }

  function report(frame: Frame, hook: Hook, error: unknown): void {
    let text = "";
    let stack = "";
    if (error instanceof NativeError) {
      text = `${error.name}: ${error.message}`;
      stack = `${error.stack}`;
    } else {
      const shown = typeof error === "string" || typeof error === "number"
        ? ` ${stringify(error)}`
        : "";
      text = `threw ${error === null ? "null" : typeof error}${shown}`;
    }
    host(op.fault, frame.id, text, `${stack}\n${placed(hook)}`);
  }

  function settle(frame: Frame, hook: Hook, value: unknown): void {
    try {
      host(op.settled, frame.id, outcome(frame, value) ?? "");
    } catch (error) {
      report(frame, hook, error);
    }
  }

  function later(frame: Frame, hook: Hook, result: unknown): number {
    then(
      resolve(result),
      (value) => settle(frame, hook, value),
      (error) => report(frame, hook, error),
    );
    return returns.promise;
  }

  /** The plain fields of an event; where `leg` or `message` is true there is one to ask about. */
  function eventOf(frame: Frame, extra: string): unknown {
    const event = parse(extra) as Record<string, unknown>;
    if (event.leg === true) event.leg = new Leg(frame);
    if (event.message === true) event.message = new Message(frame);
    return event;
  }

  function run(
    number: number,
    id: number,
    shape: number,
    extra?: string,
  ): number {
    if (shape === shapes.errand) {
      resume(number, extra);
      return returns.nothing;
    }
    const hook = hooks[number] as Hook;
    const frame: Frame = shape === shapes.message
      ? (kept as Kept).frame
      : { id, vars: undefined, varsText: "" };
    try {
      let result: unknown;
      if (shape === shapes.message) {
        frame.id = id;
        frame.vars = undefined;
        const { message, leg } = kept as Kept;
        result = hook(message, leg);
      } else if (shape === shapes.keep) {
        keep();
      } else if (shape <= shapes.request) {
        result = shape === shapes.none
          ? hook()
          : hook(new Message(frame), new Leg(frame));
      } else if (shape === shapes.call) {
        result = hook(new Call(frame));
      } else {
        const event = eventOf(frame, extra as string);
        result = shape === shapes.eventNow
          ? hook(event)
          : hook(new Call(frame), event);
      }
      if (result === undefined && frame.vars === undefined) {
        return returns.nothing;
      }
      if (
        typeof result === "object" && result !== null &&
        typeof (result as { then?: unknown }).then === "function"
      ) {
        if (
          shape !== shapes.message && shape !== shapes.callNow &&
          shape !== shapes.eventNow
        ) return later(frame, hook, result);
        const what = shape === shapes.message ? "a message hook" : "this hook";
        throw new TypeError(`Cannot wait for ${what}: it returned a promise`);
      }
      const decision = outcome(frame, result);
      if (decision === undefined) return returns.nothing;
      host(op.decided, decision);
      return returns.decision;
    } catch (error) {
      report(frame, hook, error);
      return returns.fault;
    }
  }

  return { take, run };
}

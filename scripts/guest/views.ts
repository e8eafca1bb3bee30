/**
 * Messages, legs and calls as a script sees them: objects that hold nothing but a frame's number and ask the host
 * when something is read or written. This function runs inside the sandbox: its text is taken there, so it uses
 * nothing but its arguments.
 *
 * @module
 */

import type { Operations, Places } from "../operations.ts";
import type { ViewNumbers } from "../view_members.ts";
import type { AddMembers } from "./members.ts";
import type { HostFunction } from "./world.ts";

/** One call of a hook. */
export interface Frame {
  id: number;
  /** The call's notes once the script asked for them, and the text they came as. */
  vars: unknown;
  varsText: string;
}

/** The classes of what hooks are handed. */
export interface Views {
  readonly Message: new (frame: Frame) => object;
  readonly Leg: new (frame: Frame) => object;
  readonly Call: new (frame: Frame) => object;
  /** A message's headers, whatever the script did to the prototypes. */
  headersOf(message: object): object;
}

/** Makes the classes. */
export function makeViews(
  host: HostFunction,
  op: Operations,
  places: Places,
  { addMembers, numbers }: { addMembers: AddMembers; numbers: ViewNumbers },
): Views {
  const { parse, stringify } = JSON;
  const find = Function.prototype.call.bind(
    String.prototype.indexOf,
  ) as unknown as (text: string, part: string) => number;

  /** Numbers below zero are no value: the host has more to say. */
  function unusual(code: number): unknown {
    const text = host(op.problem) as string;
    if (code === -2) return parse(text);
    throw new TypeError(text);
  }
  function read(
    operation: number,
    frame: Frame,
    place: number,
    argument?: string,
  ): unknown {
    const value = host(operation, frame.id, place, argument);
    return typeof value === "number" && value < 0 ? unusual(value) : value;
  }
  function write(
    operation: number,
    frame: Frame,
    place: number,
    first?: string | number,
    second?: string,
  ): unknown {
    const value = host(operation, frame.id, place, first, second);
    if (typeof value === "string") throw new TypeError(value);
    return value;
  }
  function text(value: unknown, what: string): string {
    if (typeof value !== "string") {
      const found = value === null ? "null" : typeof value;
      throw new TypeError(`Cannot use ${what}: found ${found}, wanted text`);
    }
    if (find(value, "\0") >= 0) {
      throw new TypeError(`Cannot use ${what}: it has a NUL character`);
    }
    return value;
  }
  function list(value: unknown): unknown {
    return parse(value as string);
  }

  /** The name or value of a field. The host looks for a NUL in a short one, where that costs less. */
  function fieldText(value: unknown, what: string): string {
    return typeof value === "string" && value.length < 256
      ? value
      : text(value, what);
  }

  class Uri {
    readonly #frame: Frame;
    readonly #place: number;
    constructor(frame: Frame, place: number) {
      this.#frame = frame;
      this.#place = place;
    }
    get scheme(): unknown {
      return read(op.scheme, this.#frame, this.#place);
    }
    get user(): unknown {
      return read(op.user, this.#frame, this.#place);
    }
    set user(value: unknown) {
      write(op.setUser, this.#frame, this.#place, text(value, "URI user"));
    }
    get host(): unknown {
      return read(op.host, this.#frame, this.#place);
    }
    set host(value: unknown) {
      write(op.setHost, this.#frame, this.#place, text(value, "URI host"));
    }
    get port(): unknown {
      return read(op.port, this.#frame, this.#place);
    }
    set port(value: unknown) {
      if (value !== undefined && typeof value !== "number") {
        throw new TypeError(
          `Cannot use URI port: found ${typeof value}, wanted a number`,
        );
      }
      write(op.setPort, this.#frame, this.#place, value ?? -1);
    }
    param(name: unknown): unknown {
      const key = text(name, "parameter name");
      return read(op.param, this.#frame, this.#place, key);
    }
    setParam(name: unknown, value: unknown): void {
      const key = text(name, "parameter name");
      if (value === undefined) {
        write(op.removeParam, this.#frame, this.#place, key);
      } else {
        const content = text(value, "parameter value");
        write(op.setParam, this.#frame, this.#place, key, content);
      }
    }
    get text(): unknown {
      return read(op.uriText, this.#frame, this.#place);
    }
    set text(value: unknown) {
      write(op.setUriText, this.#frame, this.#place, text(value, "URI"));
    }
    toString(): unknown {
      return this.text;
    }
    toJSON(): unknown {
      return this.text;
    }
  }

  class Party {
    readonly #frame: Frame;
    readonly #place: number;
    readonly #uri: Uri;
    constructor(frame: Frame, place: number) {
      this.#frame = frame;
      this.#place = place;
      this.#uri = new Uri(frame, place + places.fromUri - places.from);
    }
    get display(): unknown {
      return read(op.display, this.#frame, this.#place);
    }
    set display(value: unknown) {
      const name = text(value, "display name");
      write(op.setDisplay, this.#frame, this.#place, name);
    }
    get uri(): Uri {
      return this.#uri;
    }
    get user(): unknown {
      return this.#uri.user;
    }
    set user(value: unknown) {
      this.#uri.user = value;
    }
    get host(): unknown {
      return this.#uri.host;
    }
    set host(value: unknown) {
      this.#uri.host = value;
    }
    get tag(): unknown {
      return read(op.tag, this.#frame, this.#place);
    }
    toJSON(): unknown {
      return { display: this.display, uri: this.#uri.text, tag: this.tag };
    }
  }

  class Headers {
    readonly #frame: Frame;
    readonly #place: number;
    static {
      addMembers(this.prototype, "Headers", (headers: Headers) => ({
        frame: headers.#frame,
        number: numbers.headers + headers.#place,
      }));
    }
    constructor(frame: Frame, place: number) {
      this.#frame = frame;
      this.#place = place;
    }
    // The two that run on every message call the host themselves.
    get(name: unknown): unknown {
      const key = typeof name === "string" && name.length < 256
        ? name
        : text(name, "header name");
      const value = host(op.get, this.#frame.id, this.#place, key);
      return typeof value === "number" ? unusual(value) : value;
    }
    getAll(name: unknown): unknown {
      const key = fieldText(name, "header name");
      return list(read(op.getAll, this.#frame, this.#place, key));
    }
    has(name: unknown): unknown {
      const key = fieldText(name, "header name");
      return read(op.has, this.#frame, this.#place, key);
    }
    names(): unknown {
      return list(read(op.names, this.#frame, this.#place));
    }
    set(name: unknown, value: unknown): void {
      const key = fieldText(name, "header name");
      const content = fieldText(value, "header value");
      const problem = host(op.set, this.#frame.id, this.#place, key, content);
      if (problem !== undefined) throw new TypeError(problem as string);
    }
    append(name: unknown, value: unknown): void {
      const key = fieldText(name, "header name");
      const content = fieldText(value, "header value");
      write(op.append, this.#frame, this.#place, key, content);
    }
    delete(name: unknown): unknown {
      const key = fieldText(name, "header name");
      return write(op.remove, this.#frame, this.#place, key);
    }
    rename(from: unknown, to: unknown): unknown {
      const key = fieldText(from, "header name");
      const other = fieldText(to, "header name");
      return write(op.rename, this.#frame, this.#place, key, other);
    }
  }

  let headersOf: (message: Message) => Headers;
  class Message {
    readonly #frame: Frame;
    #headers: Headers | undefined;
    static {
      headersOf = (message) =>
        message.#headers ??= new Headers(message.#frame, places.message);
      addMembers(this.prototype, "Message", (message: Message) => ({
        frame: message.#frame,
        number: places.message,
      }));
    }
    constructor(frame: Frame) {
      this.#frame = frame;
    }
    get kind(): unknown {
      return read(op.kind, this.#frame, places.message);
    }
    get method(): unknown {
      return read(op.method, this.#frame, places.message);
    }
    get status(): unknown {
      return read(op.status, this.#frame, places.message);
    }
    get reason(): unknown {
      return read(op.reason, this.#frame, places.message);
    }
    get uri(): Uri {
      return new Uri(this.#frame, places.uri);
    }
    get from(): Party {
      return new Party(this.#frame, places.from);
    }
    get to(): Party {
      return new Party(this.#frame, places.to);
    }
    get headers(): Headers {
      return this.#headers ??= new Headers(this.#frame, places.message);
    }
    get body(): unknown {
      return read(op.body, this.#frame, places.message);
    }
    set body(value: unknown) {
      if (typeof value === "string" && find(value, "\0") >= 0) {
        write(op.setBodyJson, this.#frame, places.message, stringify(value));
      } else {
        write(op.setBody, this.#frame, places.message, text(value, "body"));
      }
    }
  }

  class Call {
    readonly #frame: Frame;
    static {
      addMembers(this.prototype, "Call", (call: Call) => ({
        frame: call.#frame,
        number: places.call,
      }));
    }
    constructor(frame: Frame) {
      this.#frame = frame;
    }
    get id(): unknown {
      return read(op.id, this.#frame, places.call);
    }
    get trunk(): unknown {
      return read(op.trunk, this.#frame, places.call);
    }
    get source(): unknown {
      return read(op.source, this.#frame, places.call);
    }
    get from(): Party {
      return new Party(this.#frame, places.call + places.from);
    }
    get to(): Party {
      return new Party(this.#frame, places.call + places.to);
    }
    get uri(): Uri {
      return new Uri(this.#frame, places.call + places.uri);
    }
    get headers(): Headers {
      return new Headers(this.#frame, places.call);
    }
    get body(): unknown {
      return read(op.body, this.#frame, places.call);
    }
    get vars(): unknown {
      const frame = this.#frame;
      if (frame.vars === undefined) {
        frame.varsText = read(op.varsRead, frame, places.call) as string;
        frame.vars = parse(frame.varsText);
      }
      return frame.vars;
    }
  }

  class Leg {
    readonly #frame: Frame;
    constructor(frame: Frame) {
      this.#frame = frame;
    }
    get name(): unknown {
      return read(op.name, this.#frame, places.leg);
    }
    get trunk(): unknown {
      return read(op.trunk, this.#frame, places.leg);
    }
    get peer(): unknown {
      return read(op.peer, this.#frame, places.leg);
    }
    get call(): Call | undefined {
      return read(op.hasCall, this.#frame, places.leg)
        ? new Call(this.#frame)
        : undefined;
    }
  }

  // A script makes no views of its own.
  for (const view of [Uri, Party, Headers, Message, Leg, Call]) {
    delete (view.prototype as { constructor?: unknown }).constructor;
  }
  return {
    Message,
    Leg,
    Call,
    headersOf: headersOf! as (message: object) => object,
  };
}

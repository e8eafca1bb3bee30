/**
 * One call of a hook as the host keeps it: what the script was handed, and the answers to what it asks about it.
 * Once the frame is closed nothing it was handed can be read or written any more.
 *
 * @module
 */

import type { Json } from "../core/call/decisions.ts";
import type {
  CallView,
  HeadersView,
  LegView,
  MessageView,
  PartyView,
  UriView,
} from "../core/call/policy.ts";
import { FrameViews, type NumberedView } from "./frame_views.ts";
import type { HostArguments, HostValue } from "./machine_host.ts";
import { AS_JSON, OPERATIONS as op, PLACES, REFUSED } from "./operations.ts";
import { VIEW_NUMBERS } from "./view_members.ts";

/** What a hook was handed; undefined where its shape has none. */
export interface Handed {
  readonly message?: MessageView | undefined;
  readonly leg?: LegView | undefined;
  readonly call?: CallView | undefined;
}

/** Answers a script's questions about what its hooks were handed. */
export class FrameBridge {
  readonly #varsChars: number;
  readonly #views = new WeakMap<Handed, FrameViews>();
  #problem = "";

  constructor(varsChars: number) {
    this.#varsChars = varsChars;
  }

  /** What the last refusal was about. */
  get problem(): string {
    return this.#problem;
  }

  set problem(why: string) {
    this.#problem = why;
  }

  /** Answers one operation; `handed` is undefined once the hook has returned. */
  answer(
    operation: number,
    handed: Handed | undefined,
    args: HostArguments,
  ): HostValue {
    if (handed === undefined) {
      return this.#refused(
        operation,
        "Cannot use a message or call: its hook has returned",
      );
    }
    try {
      if (operation === op.look || operation === op.edit) {
        return this.#member(operation, handed, args);
      }
      const value = answer(operation, handed, args, this.#varsChars);
      if (typeof value !== "string" || !value.includes("\0")) return value;
      this.#problem = JSON.stringify(value);
      return AS_JSON;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return this.#refused(operation, why);
    }
  }

  /** Members of what is not asked for all the time; plain data crosses as JSON. */
  #member(
    operation: number,
    handed: Handed,
    args: HostArguments,
  ): HostValue {
    let views = this.#views.get(handed);
    if (views === undefined) {
      views = new FrameViews();
      this.#views.set(handed, views);
    }
    const number = args.number(PLACE);
    const on = number >= VIEW_NUMBERS.first
      ? views.at(number)
      : rootAt(handed, number);
    const member = args.number(FIRST);
    return operation === op.look
      ? views.look(on, member, args.text(SECOND))
      : views.edit(on, member, args.text(SECOND));
  }

  /** Writers get the reason at once; readers a number that says to ask for it. */
  #refused(operation: number, why: string): HostValue {
    this.#problem = why;
    return WRITERS[operation] === true ? why : REFUSED;
  }
}

/** Whether an operation edits what the hook was handed. */
export function isWriter(operation: number): boolean {
  return operation === op.edit || WRITERS[operation] === true;
}

/** By operation, true for those. */
const WRITERS: boolean[] = Array.from({ length: op.edit + 1 }, () => false);
for (
  const writer of [
    op.varsWrite,
    op.setBody,
    op.setBodyJson,
    op.set,
    op.append,
    op.remove,
    op.rename,
    op.setDisplay,
    op.setUser,
    op.setHost,
    op.setPort,
    op.setParam,
    op.removeParam,
    op.setUriText,
  ]
) WRITERS[writer] = true;

/** Arguments of an operation: 0 is its number, 1 the frame. */
const PLACE = 2;
const FIRST = 3;
const SECOND = 4;

function answer(
  operation: number,
  handed: Handed,
  args: HostArguments,
  varsChars: number,
): HostValue {
  const place = args.number(PLACE);
  switch (operation) {
    case op.get:
      return headersAt(handed, place).get(nameAt(args));
    case op.set:
      writable(handed, place).set(nameAt(args), valueAt(args));
      return undefined;
    case op.has:
      return headersAt(handed, place).has(nameAt(args));
    case op.getAll:
      return JSON.stringify(headersAt(handed, place).getAll(nameAt(args)));
    case op.names:
      return JSON.stringify(headersAt(handed, place).names());
    case op.append:
      writable(handed, place).append(nameAt(args), valueAt(args));
      return undefined;
    case op.remove:
      return writable(handed, place).delete(nameAt(args));
    case op.rename:
      return writable(handed, place)
        .rename(nameAt(args), nameAt(args, SECOND));
    case op.kind:
      return messageOf(handed).kind;
    case op.method:
      return messageOf(handed).method;
    case op.status:
      return messageOf(handed).status;
    case op.reason:
      return messageOf(handed).reason;
    case op.body:
      return place === PLACES.message
        ? messageOf(handed).body
        : callOf(handed).body;
    case op.setBody:
      messageOf(handed).body = args.text(FIRST);
      return undefined;
    case op.setBodyJson:
      messageOf(handed).body = JSON.parse(args.text(FIRST));
      return undefined;
    case op.id:
      return callOf(handed).id;
    case op.trunk:
      return place === PLACES.leg ? legOf(handed).trunk : callOf(handed).trunk;
    case op.source:
      return callOf(handed).source;
    case op.varsRead:
      return JSON.stringify(callOf(handed).vars);
    case op.varsWrite:
      return writeVars(callOf(handed).vars, args.text(FIRST), varsChars);
    case op.name:
      return legOf(handed).name;
    case op.peer:
      return legOf(handed).peer;
    case op.hasCall:
      return legOf(handed).call !== undefined;
    case op.display:
      return partyAt(handed, place).display;
    case op.setDisplay:
      writableParty(handed, place).display = args.text(FIRST);
      return undefined;
    case op.tag:
      return partyAt(handed, place).tag;
    default:
      return answerUri(operation, handed, place, args);
  }
}

function nameAt(args: HostArguments, index = FIRST): string {
  return args.wholeText(index) ?? refuseNul("header name");
}

function valueAt(args: HostArguments): string {
  return args.wholeText(SECOND) ?? refuseNul("header value");
}

function refuseNul(what: string): never {
  throw new TypeError(`Cannot use ${what}: it has a NUL character`);
}

function answerUri(
  operation: number,
  handed: Handed,
  place: number,
  args: HostArguments,
): HostValue {
  const uri = uriAt(handed, place);
  switch (operation) {
    case op.scheme:
      return uri.scheme;
    case op.user:
      return uri.user;
    case op.host:
      return uri.host;
    case op.port:
      return uri.port;
    case op.param:
      return uri.param(args.text(FIRST));
    case op.uriText:
      return uri.text;
  }
  refuseCall(place);
  const target = uri as UriView;
  switch (operation) {
    case op.setUser:
      target.user = args.text(FIRST);
      return undefined;
    case op.setHost:
      target.host = args.text(FIRST);
      return undefined;
    case op.setPort: {
      const port = args.number(FIRST);
      target.port = port === -1 ? undefined : port;
      return undefined;
    }
    case op.setParam:
      target.setParam(args.text(FIRST), args.text(SECOND));
      return undefined;
    case op.removeParam:
      target.setParam(args.text(FIRST), undefined);
      return undefined;
    case op.setUriText:
      target.text = args.text(FIRST);
      return undefined;
  }
  throw new TypeError(`Cannot answer script: operation ${operation}`);
}

/** A message, a call, or the header fields of one. */
function rootAt(handed: Handed, number: number): NumberedView {
  const place = number % VIEW_NUMBERS.headers;
  const root = place >= PLACES.call
    ? { kind: "Call" as const, view: callOf(handed) }
    : { kind: "Message" as const, view: messageOf(handed) };
  return number >= VIEW_NUMBERS.headers
    ? { kind: "Headers", view: root.view.headers }
    : root;
}

function messageOf(handed: Handed): MessageView {
  if (handed.message === undefined) throw new TypeError("There is no message");
  return handed.message;
}

function callOf(handed: Handed): CallView {
  const call = handed.call ?? handed.leg?.call;
  if (call === undefined) throw new TypeError("There is no call");
  return call;
}

function legOf(handed: Handed): LegView {
  if (handed.leg === undefined) throw new TypeError("There is no leg");
  return handed.leg;
}

function headersAt(
  handed: Handed,
  place: number,
): Pick<HeadersView, "get" | "getAll" | "has" | "names"> {
  return place === PLACES.message
    ? messageOf(handed).headers
    : callOf(handed).headers;
}

function writable(handed: Handed, place: number): HeadersView {
  refuseCall(place);
  return messageOf(handed).headers;
}

function writableParty(handed: Handed, place: number): PartyView {
  refuseCall(place);
  return partyAt(handed, place) as PartyView;
}

function refuseCall(place: number): void {
  if (place >= PLACES.call) {
    throw new TypeError(
      "Cannot change call: it is read-only, messages are changed in inbound and outbound hooks",
    );
  }
}

function partyAt(handed: Handed, place: number): Readonly<PartyView> {
  const root = place < PLACES.call ? messageOf(handed) : callOf(handed);
  return place % PLACES.call === PLACES.from ? root.from : root.to;
}

function uriAt(handed: Handed, place: number): Readonly<UriView> {
  const root = place < PLACES.call ? messageOf(handed) : callOf(handed);
  const which = place % PLACES.call;
  if (which === PLACES.uri) return root.uri;
  return which === PLACES.fromUri ? root.from.uri : root.to.uri;
}

function writeVars(
  vars: Record<string, Json>,
  text: string,
  mostChars: number,
): undefined {
  if (text.length > mostChars) {
    throw new RangeError(
      `Cannot keep call.vars: ${text.length} characters of JSON, at most ${mostChars}`,
    );
  }
  const fresh: unknown = JSON.parse(text);
  if (typeof fresh !== "object" || fresh === null || Array.isArray(fresh)) {
    throw new TypeError("Cannot keep call.vars: wanted an object");
  }
  for (const name of Object.keys(vars)) delete vars[name];
  for (const [name, value] of Object.entries(fresh)) {
    // Assigning this name would set the object's prototype instead of a note.
    if (name !== "__proto__") vars[name] = value as Json;
  }
}

/**
 * What the views of header values and bodies have, so that the same names are at hand inside a sandbox and on the
 * host. A member's number is its place in its list.
 */

/**
 * `read`: a property; `write`: one that may be assigned too; `ask`: a method that changes nothing; `edit`: one that
 * does. What it gives: plain data, or a view or a list of views of that kind.
 */
export type ViewMember = readonly [
  name: string,
  access: "read" | "write" | "ask" | "edit",
  gives?: ViewKind | ListOf<ViewKind>,
];

type ListOf<Kind extends string> = `${Kind}[]`;

/** The views that a script reaches through others. */
export type ViewKind =
  | "Address"
  | "Attributes"
  | "Codecs"
  | "Diversion"
  | "History"
  | "Media"
  | "Part"
  | "Privacy"
  | "Reason"
  | "Sdp"
  | "Uri"
  | "Value";

const VALUE: readonly ViewMember[] = [
  ["text", "write"],
  ["value", "write"],
  ["param", "ask"],
  ["setParam", "edit"],
  ["delete", "edit"],
  ["toString", "ask"],
];

const ADDRESS: readonly ViewMember[] = [
  ...VALUE,
  ["display", "write"],
  ["uri", "read", "Uri"],
  ["user", "write"],
  ["host", "write"],
];

const CALL: readonly ViewMember[] = [
  ["value", "ask", "Value"],
  ["values", "ask", "Value[]"],
  ["address", "ask", "Address"],
  ["addresses", "ask", "Address[]"],
  ["diversions", "ask", "Diversion[]"],
  ["history", "ask", "History[]"],
  ["reasons", "ask", "Reason[]"],
  ["privacy", "read", "Privacy"],
  ["contentType", "read"],
  ["sdp", "read", "Sdp"],
  ["parts", "read", "Part[]"],
  ["part", "ask", "Part"],
];

/** The members of each kind of view; of messages, calls and header fields those that are not asked for all the time. */
export const VIEW_MEMBERS: Readonly<
  Record<ViewKind | "Call" | "Headers" | "Message", readonly ViewMember[]>
> = {
  Call: [
    ...CALL,
    ["keys", "read"],
    ["collectKeys", "edit"],
    ["sendKeys", "edit"],
  ],
  Message: [...CALL, ["setReason", "edit"], ["setBody", "edit"]],
  Headers: [
    ["at", "ask"],
    ["list", "ask"],
    ["setAt", "edit"],
    ["deleteAt", "edit"],
    ["prepend", "edit"],
  ],
  Uri: [
    ["scheme", "read"],
    ["user", "write"],
    ["host", "write"],
    ["port", "write"],
    ["param", "ask"],
    ["setParam", "edit"],
    ["text", "write"],
    ["toString", "ask"],
  ],
  Value: VALUE,
  Address: ADDRESS,
  Diversion: [
    ...ADDRESS,
    ["reason", "write"],
    ["counter", "write"],
    ["privacy", "write"],
  ],
  History: [...ADDRESS, ["index", "write"], ["cause", "write"]],
  Reason: [
    ["protocol", "read"],
    ["cause", "write"],
    ["text", "write"],
    ["delete", "edit"],
  ],
  Privacy: [
    ["list", "ask"],
    ["has", "ask"],
    ["add", "edit"],
    ["remove", "edit"],
  ],
  Sdp: [
    ["text", "write"],
    ["origin", "read"],
    ["connection", "write"],
    ["direction", "write"],
    ["attributes", "read", "Attributes"],
    ["media", "read", "Media[]"],
  ],
  Media: [
    ["kind", "read"],
    ["port", "write"],
    ["protocol", "write"],
    ["formats", "read"],
    ["codecs", "read", "Codecs"],
    ["attributes", "read", "Attributes"],
    ["connection", "write"],
    ["direction", "write"],
    ["disable", "edit"],
  ],
  Codecs: [
    ["list", "ask"],
    ["has", "ask"],
    ["remove", "edit"],
    ["keep", "edit"],
    ["prefer", "edit"],
  ],
  Attributes: [
    ["get", "ask"],
    ["getAll", "ask"],
    ["has", "ask"],
    ["names", "ask"],
    ["set", "edit"],
    ["append", "edit"],
    ["delete", "edit"],
  ],
  Part: [
    ["contentType", "read"],
    ["header", "ask"],
    ["setHeader", "edit"],
    ["body", "write"],
    ["sdp", "read", "Sdp"],
    ["delete", "edit"],
  ],
};

/** The table itself, as code inside gets it. */
export type ViewMembers = typeof VIEW_MEMBERS;

/** A view's number is a place of the frame, or this much more for the header fields there, or one given to it. */
export const VIEW_NUMBERS = { headers: 500, first: 1_000 } as const;

/** The table itself, as code inside gets it. */
export type ViewNumbers = typeof VIEW_NUMBERS;

/** The numbers by which code inside the sandbox asks the host for something, and what a hook is called with. */

/** Host operations; each takes the frame, the place in it, and up to two arguments. */
export const OPERATIONS = {
  // World.
  now: 1,
  random: 2,
  log: 3,
  // Hooks.
  fault: 4,
  settled: 5,
  problem: 6,
  varsRead: 7,
  varsWrite: 8,
  decided: 9,
  /** Of its frame the host knows by itself: the kind of errand, and JSON. */
  ask: 23,
  /** What message hooks are handed has been made: frame, message, headers, leg. */
  kept: 24,
  // Messages and calls.
  kind: 10,
  method: 11,
  status: 12,
  reason: 13,
  body: 14,
  setBody: 15,
  setBodyJson: 22,
  id: 16,
  trunk: 17,
  source: 18,
  name: 19,
  peer: 20,
  hasCall: 21,
  // Headers.
  get: 30,
  getAll: 31,
  has: 32,
  names: 33,
  set: 34,
  append: 35,
  remove: 36,
  rename: 37,
  // From and To.
  display: 40,
  setDisplay: 41,
  tag: 42,
  // URIs.
  scheme: 50,
  user: 51,
  setUser: 52,
  host: 53,
  setHost: 54,
  port: 55,
  setPort: 56,
  param: 57,
  setParam: 58,
  removeParam: 59,
  uriText: 60,
  setUriText: 61,
  // All else that has members: the view's number, the member's, and its arguments as JSON.
  look: 70,
  edit: 71,
} as const;

/** The table itself, as code inside gets it. */
export type Operations = typeof OPERATIONS;

/** Places in a frame. Those of the call are the same eight higher. */
export const PLACES = {
  message: 0,
  from: 1,
  to: 2,
  uri: 3,
  fromUri: 4,
  toUri: 5,
  call: 8,
  leg: 16,
} as const;

/** The table itself, as code inside gets it. */
export type Places = typeof PLACES;

/** What a hook is called with. */
export const SHAPES = {
  /** Nothing: onLoad. */
  none: 0,
  /** A message and its leg, answered at once. */
  message: 1,
  /** A message and its leg, perhaps answered later. */
  request: 2,
  /** A call. */
  call: 3,
  /** A call and an event, perhaps answered later. */
  callAnd: 4,
  /** A call and an event, answered at once. */
  callNow: 5,
  /** An event, answered at once. */
  eventNow: 6,
  /** No hook: what message hooks are handed is to be made anew. */
  keep: 98,
  /** No hook: an errand by its number has come back with JSON, or never will. */
  errand: 99,
} as const;

/** The table itself, as code inside gets it. */
export type Shapes = typeof SHAPES;

/** How a hook came back. */
export const RETURNS = {
  /** Without a decision. */
  nothing: 0,
  /** With a decision, handed over before by the operation `decided`. */
  decision: 1,
  /** With a promise. */
  promise: 2,
  /** By a fault, reported before by the operation `fault`. */
  fault: 3,
} as const;

/** The table itself, as code inside gets it. */
export type Returns = typeof RETURNS;

/** A read that cannot be answered: ask for the problem and throw it. */
export const REFUSED = -1;
/** A text that cannot cross as it is: ask for the problem, which is the text as JSON. */
export const AS_JSON = -2;

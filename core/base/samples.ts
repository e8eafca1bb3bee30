/**
 * One object of each kind that a call takes, the last there was, for no other end than to be there. The engine drops
 * compiled code with the last object of a shape that it was compiled for, so that after ten seconds without a call the
 * code of calls would have to be compiled again. What a sample holds is held with it until the next one comes: a call, its
 * messages, its script. A hot class that is missing here is seen by tests/bench/simulation_test.ts only where much depends
 * on it.
 *
 * Departs from the rule that nothing in core/ has a state of its own: no behaviour depends on this one.
 *
 * @module
 */

const samples: object[] = [];

/** Kinds of objects. */
export const KINDS = {
  request: 0,
  response: 1,
  inviteServer: 2,
  otherServer: 3,
  inviteClient: 4,
  otherClient: 5,
  sendingInvite: 6,
  sendingOther: 7,
  ack: 8,
  /** And its call. */
  leg: 9,
  acceptance: 10,
  inviteUser: 11,
  otherUser: 12,
  attempts: 13,
  resolution: 14,
  hunted: 15,
  description: 16,
  draft: 17,
} as const;

/** One of {@linkcode KINDS}. */
export type Kind = typeof KINDS[keyof typeof KINDS];

/** Holds this one instead of the one before. */
export function keepSample(kind: Kind, object: object): void {
  samples[kind] = object;
}

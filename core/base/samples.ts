/**
 * One object of each kind that a call takes, the last there was, for no other end than to be there. The engine drops
 * compiled code with the last object of a shape that it was compiled for: a process that was quiet for ten seconds would
 * run its next ten thousand calls by half at twice the price until all is compiled again.
 *
 * @module
 */

const samples: object[] = [];

/** Kinds of objects; what they hold is held with them. */
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

/** Holds this one instead of the one before. */
export function keepSample(kind: number, object: object): void {
  samples[kind] = object;
}

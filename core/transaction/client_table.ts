/**
 * Our own transactions by branch. We make the branch, so it carries the number of its slot and matching needs no map:
 * `z9hG4bK<slot in base 36>.<token>`.
 *
 * Hot path: one look-up per response.
 *
 * @module
 */

import type { Random } from "../base/random.ts";
import { MAGIC_COOKIE } from "../message/via.ts";
import type { ClientTransaction } from "./client_transaction.ts";

const DOT = 0x2e;

/** Client transactions, at most two in a slot: an INVITE and its CANCEL. */
export class ClientTable {
  readonly #slots: (ClientTransaction | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #random: Random;
  #size = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How many transactions there are. */
  get size(): number {
    return this.#size;
  }

  /** A branch with a slot of its own, for a transaction that is added next. */
  newBranch(): string {
    const slot = this.#free.pop() ?? this.#slots.push(undefined) - 1;
    return `${MAGIC_COOKIE}${slot.toString(36)}.${this.#random.token()}`;
  }

  add(transaction: ClientTransaction): void {
    const slot = slotOf(transaction.branch);
    transaction.sibling = this.#slots[slot];
    this.#slots[slot] = transaction;
    this.#size++;
  }

  /**
   * RFC 3261 section 17.1.3: a response matches if it has "the same value of the branch parameter in the top Via header
   * field as the branch parameter in the top Via header field of the request that created the transaction", and "the
   * method parameter in the CSeq header field matches the method of the request".
   */
  find(branch: string, method: string): ClientTransaction | undefined {
    const slot = slotOf(branch);
    let transaction = slot < 0 ? undefined : this.#slots[slot];
    while (transaction !== undefined) {
      if (
        transaction.method === method && transaction.branch === branch
      ) return transaction;
      transaction = transaction.sibling;
    }
    return undefined;
  }

  /** Forgets a transaction; false where it is none of these. The slot is free when its last one has gone. */
  remove(transaction: ClientTransaction): boolean {
    const slot = slotOf(transaction.branch);
    const first = this.#slots[slot];
    if (first === transaction) {
      this.#slots[slot] = transaction.sibling;
    } else if (first?.sibling === transaction) {
      first.sibling = transaction.sibling;
    } else {
      return false;
    }
    transaction.sibling = undefined;
    this.#size--;
    if (this.#slots[slot] === undefined) this.#free.push(slot);
    return true;
  }

  /** Forgets all and gives them back. */
  clear(): ClientTransaction[] {
    const all: ClientTransaction[] = [];
    for (const first of this.#slots) {
      for (let one = first; one !== undefined; one = one.sibling) all.push(one);
    }
    this.#slots.length = 0;
    this.#free.length = 0;
    this.#size = 0;
    return all;
  }
}

/** The number between the cookie and the dot, -1 where there is none. */
function slotOf(branch: string): number {
  if (!branch.startsWith(MAGIC_COOKIE)) return -1;
  let slot = 0;
  const start = MAGIC_COOKIE.length;
  for (let i = start; i < branch.length && i < start + 8; i++) {
    const char = branch.charCodeAt(i);
    if (char === DOT) return i === start ? -1 : slot;
    if (char >= 0x30 && char <= 0x39) slot = slot * 36 + char - 0x30;
    else if (char >= 0x61 && char <= 0x7a) slot = slot * 36 + char - 0x57;
    else return -1;
  }
  return -1;
}

/**
 * Our peers' transactions by what RFC 3261 section 17.2.3 matches them by: those alive as objects, those that only
 * absorb as records.
 *
 * @module
 */

import { ChurnMap } from "../base/churn_map.ts";
import type { Clock } from "../base/clock.ts";
import type { Flow } from "../transport/flow.ts";
import { EndedStore } from "./ended_store.ts";
import { ServerTransaction } from "./server_transaction.ts";
import { sameKey, type TransactionKey } from "./transaction_key.ts";

/** What a record holds: where its response goes again, or the transaction where its user waits for its end. */
export type HeldByEnded = Flow | ServerTransaction;

/** Server transactions. Those of one key differ by method: an INVITE and its CANCEL, in the main. */
export class ServerTable {
  readonly ended: EndedStore<HeldByEnded>;
  /** By the hash of their keys: those of one hash are siblings. */
  readonly #byHash = new ChurnMap<number, ServerTransaction>();
  readonly #byMergeHash = new ChurnMap<number, ServerTransaction>();
  readonly #endedMergeable: EndedStore<never>;
  #alive = 0;

  constructor(clock: Clock) {
    this.ended = new EndedStore(clock, (held) => {
      if (held instanceof ServerTransaction) held.expired();
    });
    this.#endedMergeable = new EndedStore(clock, () => {});
  }

  /** How many transactions there are. */
  get size(): number {
    return this.#alive + this.ended.size;
  }

  add(transaction: ServerTransaction): void {
    const { key, mergeKey } = transaction;
    transaction.sibling = this.#byHash.get(key.hash);
    this.#byHash.set(key.hash, transaction);
    if (mergeKey !== undefined) {
      transaction.mergeSibling = this.#byMergeHash.get(mergeKey.hash);
      this.#byMergeHash.set(mergeKey.hash, transaction);
    }
    this.#alive++;
  }

  /**
   * The transaction alive that a request belongs to. Section 17.2.3: "the method of the request matches the one that
   * created the transaction, except for ACK, where the method of the request that created the transaction is INVITE".
   */
  find(key: TransactionKey, method: string): ServerTransaction | undefined {
    let transaction = this.#byHash.get(key.hash);
    while (
      transaction !== undefined &&
      !(transaction.request.method === method && sameKey(transaction.key, key))
    ) transaction = transaction.sibling;
    return transaction;
  }

  /**
   * The transaction alive that a CANCEL means. Section 9.2: "assuming that the request method is anything but CANCEL or
   * ACK and applying the transaction matching procedures of Section 17.2.3."
   */
  findCancelled(key: TransactionKey): ServerTransaction | undefined {
    let transaction = this.#byHash.get(key.hash);
    while (
      transaction !== undefined &&
      !(transaction.request.method !== "CANCEL" &&
        sameKey(transaction.key, key))
    ) transaction = transaction.sibling;
    return transaction;
  }

  /** Section 8.2.2.2: there is an ongoing transaction of the same request, which came another way. */
  isMerged(mergeKey: TransactionKey, method: string): boolean {
    let transaction = this.#byMergeHash.get(mergeKey.hash);
    while (transaction !== undefined) {
      if (
        transaction.request.method === method &&
        sameKey(transaction.mergeKey!, mergeKey)
      ) return true;
      transaction = transaction.mergeSibling;
    }
    return this.#endedMergeable.find(mergeKey, method) >= 0;
  }

  /** From now on a record stands for the transaction, for `waitMs`; its number. */
  absorb(
    transaction: ServerTransaction,
    ended: {
      waitMs: number;
      tag: string | undefined;
      bytes: Uint8Array | undefined;
      confirmed: boolean;
      held: HeldByEnded | undefined;
    },
  ): number {
    if (!this.remove(transaction)) return -1;
    const { key, mergeKey, request } = transaction;
    if (mergeKey !== undefined) {
      const { waitMs } = ended;
      this.#endedMergeable.add(mergeKey, request.method, { waitMs });
    }
    return this.ended.add(key, request.method, ended);
  }

  /** Forgets a transaction alive; false where it is none. */
  remove(transaction: ServerTransaction): boolean {
    const { key, mergeKey } = transaction;
    let before: ServerTransaction | undefined;
    let at = this.#byHash.get(key.hash);
    while (at !== undefined && at !== transaction) {
      before = at;
      at = at.sibling;
    }
    if (at === undefined) return false;
    if (before !== undefined) before.sibling = transaction.sibling;
    else if (transaction.sibling === undefined) this.#byHash.delete(key.hash);
    else this.#byHash.set(key.hash, transaction.sibling);
    transaction.sibling = undefined;
    if (mergeKey !== undefined) this.#removeMergeable(transaction, mergeKey);
    this.#alive--;
    return true;
  }

  /** Forgets all, and gives those alive back. */
  clear(): ServerTransaction[] {
    const all: ServerTransaction[] = [];
    for (const first of this.#byHash.values()) {
      for (
        let one: ServerTransaction | undefined = first;
        one !== undefined;
        one = one.sibling
      ) all.push(one);
    }
    this.#byHash.clear();
    this.#byMergeHash.clear();
    this.ended.clear();
    this.#endedMergeable.clear();
    this.#alive = 0;
    return all;
  }

  #removeMergeable(
    transaction: ServerTransaction,
    { hash }: TransactionKey,
  ): void {
    const first = this.#byMergeHash.get(hash);
    if (first === transaction) {
      if (transaction.mergeSibling === undefined) {
        this.#byMergeHash.delete(hash);
      } else this.#byMergeHash.set(hash, transaction.mergeSibling);
    } else {
      let at = first;
      while (at !== undefined && at.mergeSibling !== transaction) {
        at = at.mergeSibling;
      }
      if (at !== undefined) at.mergeSibling = transaction.mergeSibling;
    }
    transaction.mergeSibling = undefined;
  }
}

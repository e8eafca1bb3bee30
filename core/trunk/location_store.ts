/**
 * Where registrations are kept beyond the life of a process: the port that memory or a file stands behind.
 * tests/contract/location_store_test.ts says what all of them do.
 *
 * Bindings are looked up in the {@linkcode LocationTable}, which is always in memory, so that a call never waits for a
 * disk or a network. A store is read once, at the start, and told of every change; the REGISTER that made the change is
 * answered when the store has said that it has it. So a store may take its time: all its answers may be promises, and
 * that costs a store that answers at once nothing.
 *
 * @module
 */

import type { Answered } from "../base/store.ts";
import { LegworkError } from "../base/errors.ts";
import type { TransportName } from "../transport/address.ts";

/** One Contact that an address-of-record is bound to. Texts are byte strings, times calendar milliseconds. */
export interface StoredBinding {
  /** The URI as registered. */
  readonly contact: string;
  /** The other parameters of the Contact, `expires` and `q` apart: `;+sip.instance="<urn:...>";reg-id=1`. */
  readonly params: string;
  /** Thousandths: 1000 is the most preferred. */
  readonly q: number;
  readonly expiresAtMs: number;
  readonly updatedAtMs: number;
  /** Of the REGISTER that made it or last changed it. */
  readonly callId: string;
  readonly cseq: number;
  /** RFC 5626: which device, and which of its flows. Both or neither. */
  readonly instance?: string;
  readonly regId?: number;
  /** RFC 3327: Path values, the next hop first. */
  readonly path: readonly string[];
  /** Where the REGISTER came from. */
  readonly source: BindingSource;
  /** No proxy stood between: the source is the device itself, or its NAT. */
  readonly direct: boolean;
  /** The device's User-Agent, for people. */
  readonly userAgent?: string;
}

/** Where a REGISTER came from. */
export interface BindingSource {
  readonly transport: TransportName;
  readonly host: string;
  readonly port: number;
  /** Ours, by name: `udp:127.0.0.1:5060`. */
  readonly listener: string;
}

/** All bindings of one address-of-record. */
export interface StoredLocation {
  readonly aor: string;
  readonly bindings: readonly StoredBinding[];
}

/** See the module's text. All methods throw, or reject with, {@linkcode LocationStoreError}. */
export interface LocationStore {
  /** What is held and had not run out by `nowMs`; asked once, before anything is committed. */
  load(nowMs: number): Answered<readonly StoredLocation[]>;
  /**
   * Puts these bindings in place of all that the address-of-record has, none: removes them. It takes effect whole or not
   * at all, in the order of the calls; when it has come back, whoever opens the store after the death of this process
   * finds it.
   */
  commit(location: StoredLocation): Answered<void>;
  /** Commits what is pending, then lets go; nothing may be asked after that. */
  close(): void;
}

/** A store that cannot do what it was asked. */
export class LocationStoreError extends LegworkError {
  override readonly name = "LocationStoreError";

  constructor(message: string) {
    super("LOCATION_STORE", message);
  }
}

/** The three times all timers of section 17 are made of (RFC 3261 table 4). */
export interface TransactionTimers {
  /** The estimate of the round trip. */
  readonly t1Ms: number;
  /** The longest wait between two retransmissions of anything but an INVITE. */
  readonly t2Ms: number;
  /** The longest a message stays in the network. */
  readonly t4Ms: number;
}

/** The values of RFC 3261 table 4. */
export const DEFAULT_TIMERS: TransactionTimers = {
  t1Ms: 500,
  t2Ms: 4000,
  t4Ms: 5000,
};

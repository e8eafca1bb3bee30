/** Every bound that protects Legwork from its peers, in one place. */
export interface Limits {
  /** Largest message in bytes, head and body together. RFC 3261 section 18.1.1 asks for at least 65,535. */
  readonly messageBytes: number;
  /** Most header lines in a message. */
  readonly headerLines: number;
  /** Longest single header line in bytes, folds included. */
  readonly headerLineBytes: number;
  /** Most Via values, Route values or Record-Route values in a message. */
  readonly routeValues: number;
  /** Most open stream connections, both directions together. */
  readonly connections: number;
  /** Most bytes that wait to be written to one stream connection. */
  readonly connectionQueueBytes: number;
  /** Most datagrams that wait to be sent on one socket. */
  readonly datagramQueue: number;
  /** Most peers one datagram socket remembers; a forgotten one costs an object again, nothing else. */
  readonly datagramPeers: number;
  /** Most STUN requests of ours on their way at once. */
  readonly stunTransactions: number;
  /** Most flows whose clients' pings are waited for (RFC 5626); further ones are kept without. */
  readonly watchedFlows: number;
  /** Most transactions at once that are not over, both kinds together. */
  readonly transactions: number;
  /**
   * Most transactions that are over and wait for doubles of their messages, some 300 bytes each. A basic call leaves three
   * of them for 32 s and one for 5 s: 100 for each call a second.
   */
  readonly endedTransactions: number;
  /** Most calls alive at once. */
  readonly calls: number;
  /** Most targets tried at once for one call. */
  readonly forkWidth: number;
  /** Most targets tried for one call altogether, redirections included. */
  readonly targetsPerCall: number;
  /** Most dialogs one INVITE may create by forking downstream. */
  readonly dialogsPerInvite: number;
  /** Most requests that wait on one leg for its turn. */
  readonly queuedRequestsPerLeg: number;
  /** Most keys that wait to be passed on to one leg. */
  readonly waitingKeys: number;
  /** Longest time that a key waits for a leg that takes none, in milliseconds. */
  readonly keyWaitMs: number;
  /** Most addresses one name may resolve to. */
  readonly resolvedTargets: number;
  /** Most names kept in the resolver's cache. */
  readonly resolverCache: number;
  /** Most peers whose keep-alives are remembered; the one heard of longest ago is forgotten first. */
  readonly keepAlivePeers: number;
  /** Most calls whose story is kept, running and ended together. */
  readonly tracedCalls: number;
  /** Most events kept of one call's story; the oldest are let go. */
  readonly traceEvents: number;
  /** Longest text in a story, in characters. */
  readonly traceTextChars: number;
}

/** The limits in force where none are given. */
export const DEFAULT_LIMITS: Limits = {
  messageBytes: 65_535,
  headerLines: 200,
  headerLineBytes: 8_192,
  routeValues: 70,
  connections: 10_000,
  connectionQueueBytes: 1_048_576,
  datagramQueue: 10_000,
  datagramPeers: 10_000,
  stunTransactions: 10_000,
  watchedFlows: 100_000,
  transactions: 200_000,
  endedTransactions: 1_000_000,
  calls: 50_000,
  forkWidth: 10,
  targetsPerCall: 30,
  dialogsPerInvite: 12,
  queuedRequestsPerLeg: 16,
  waitingKeys: 64,
  keyWaitMs: 120_000,
  resolvedTargets: 20,
  resolverCache: 2_000,
  keepAlivePeers: 10_000,
  tracedCalls: 500,
  traceEvents: 200,
  traceTextChars: 500,
};

/**
 * What the configuration may say already although this version does nothing
 * with it. A feature that gets built loses its line here.
 *
 * @module
 */

/** One key, or some values of it, without effect. */
export interface NotYet {
  /** Dotted keys; `*` is any key or index. */
  readonly path: string;
  /** Only values that match; absent: any value. */
  readonly value?: RegExp;
  /** What happens instead. */
  readonly instead: string;
}

/** Everything that is accepted but not used by this version. */
export const NOT_YET: readonly NotYet[] = [
  {
    path: "listen.*",
    value: /^(tls|ws|wss):/i,
    instead: "nothing listens there",
  },
];

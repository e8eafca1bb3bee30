/** The torture messages of RFC 4475 and RFC 5118, in one table for every test that sends them somewhere. */

import { RFC4475_APPLICATION } from "./rfc4475_application.ts";
import { RFC4475_INVALID } from "./rfc4475_invalid.ts";
import { RFC4475_VALID } from "./rfc4475_valid.ts";
import { RFC5118 } from "./rfc5118.ts";
import type { TortureMessage } from "./row.ts";

export type { Expectation, TortureMessage } from "./row.ts";

/** All 49 messages of RFC 4475 and the 12 of RFC 5118. */
export const TORTURE_MESSAGES: readonly TortureMessage[] = [
  ...RFC4475_VALID,
  ...RFC4475_INVALID,
  ...RFC4475_APPLICATION,
  ...RFC5118,
];

/**
 * What marks a Legwork and its Contacts over restarts without being stored: both are computed from the configuration.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";

/**
 * The instance-id of RFC 5626 section 4.1: a UUID URN that is the same for the same parts, in the form of RFC 9562
 * section 5.5 (version 5: named by a hash).
 */
export function instanceId(parts: readonly string[]): string {
  const name = ["legwork", ...parts].join("\n");
  const bytes = createHash("sha1").update(NAMESPACE).update(name, "latin1")
    .digest().subarray(0, 16);
  // RFC 9562 §4.1 and §4.2: the variant's two bits are 10, the version's four 0101.
  bytes[6] = bytes[6]! & 0x0f | 0x50;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  const hex = bytes.toString("hex");
  const groups = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]] as const;
  return `urn:uuid:${
    groups.map(([from, to]) => hex.slice(from, to)).join("-")
  }`;
}

/**
 * The `line` parameter of a Contact: nobody can tell it from the names in it without the secret, and it is the same after
 * a restart, so that the binding of before is replaced and not joined by another.
 */
export function lineToken(secret: string, parts: readonly string[]): string {
  const name = ["legwork line", ...parts].join("\n");
  return createHmac("sha256", Buffer.from(secret, "latin1"))
    .update(name, "latin1").digest("hex").slice(0, LINE_DIGITS);
}

/** Ours, drawn once: RFC 9562 section 6.5 wants one for each kind of name. */
const NAMESPACE = Buffer.from("6f1d0c52a2c84b3e9d1f5a0b7c4e2d18", "hex");
/** 80 bits. */
const LINE_DIGITS = 20;

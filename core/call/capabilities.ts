/** What we say of ourselves in answer to OPTIONS. */

import type { Headers } from "../message/headers.ts";
import { METHODS } from "./header_policy.ts";

/** RFC 3261 section 11.2: "Allow, Accept, Accept-Encoding, Accept-Language, and Supported header fields SHOULD be present". */
export function addCapabilities(headers: Headers): void {
  const capabilities: readonly [string, string][] = [
    ["Allow", METHODS.join(", ")],
    ["Accept", "application/sdp, */*"],
    ["Accept-Encoding", "identity"],
    ["Accept-Language", "en"],
    ["Supported", ""],
  ];
  for (const [name, value] of capabilities) {
    if (!headers.has(name)) headers.append(name, value);
  }
}

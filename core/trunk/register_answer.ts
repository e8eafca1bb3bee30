/** How REGISTERs are answered. */

import { Headers } from "../message/headers.ts";
import type { Binding } from "./location_table.ts";

/** How a REGISTER is answered. */
export interface RegisterAnswer {
  readonly status: number;
  readonly reason?: string;
  readonly headers: Headers;
}

/** What a 200 says besides the bindings. */
export interface OkParts {
  readonly nowMs: number;
  /** Path values to tell the device of. */
  readonly path: readonly string[];
  /** RFC 5626 was applied. */
  readonly outbound: boolean;
  /** 0: not told. */
  readonly flowTimerSeconds: number;
}

/**
 * RFC 3261 section 10.3 step 8: "The response MUST contain Contact header field values enumerating all current bindings.
 * Each Contact value MUST feature an "expires" parameter indicating its expiration interval chosen by the registrar. The
 * response SHOULD include a Date header field."
 */
export function okHeaders(
  bindings: readonly Binding[],
  parts: OkParts,
): Headers {
  const headers = new Headers();
  for (const { contact, params, q, expiresAtMs } of bindings) {
    const seconds = Math.max(1, Math.ceil((expiresAtMs - parts.nowMs) / 1000));
    const weight = q === 1_000 ? "" : `;q=${q / 1_000}`;
    headers.append(
      "Contact",
      `<${contact}>;expires=${seconds}${weight}${params}`,
    );
  }
  headers.append("Date", new Date(parts.nowMs).toUTCString());
  // RFC 3327 §5.3: the registrar copies the Path values into the 200.
  for (const value of parts.path) headers.append("Path", value);
  headers.append("Supported", "path, outbound");
  // RFC 5626 §6: Require tells the device that its flows are kept apart.
  if (parts.outbound) headers.append("Require", "outbound");
  if (parts.outbound && parts.flowTimerSeconds > 0) {
    headers.append("Flow-Timer", String(parts.flowTimerSeconds));
  }
  return headers;
}

/** An answer without header fields of its own. */
export function plain(status: number, reason?: string): RegisterAnswer {
  const headers = new Headers();
  return reason === undefined
    ? { status, headers }
    : { status, reason, headers };
}

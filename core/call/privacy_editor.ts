/** The view of Privacy (RFC 3323). */

import { isToken } from "../message/header_name.ts";
import type { HeadersView, PrivacyView } from "./message_views.ts";

const FIELD = "Privacy";

/** A {@linkcode PrivacyView} over the header fields of a draft. */
export class PrivacyEditor implements PrivacyView {
  readonly #headers: HeadersView;

  constructor(headers: HeadersView) {
    this.#headers = headers;
  }

  list(): string[] {
    // RFC 3323 §4.2: `Privacy-hdr = "Privacy" HCOLON priv-value *(";" priv-value)`; some write commas.
    return this.#headers.getAll(FIELD)
      .flatMap((value) => value.split(/[;,]/))
      .map((token) => token.replaceAll(" ", "").toLowerCase())
      .filter((token) => token !== "");
  }

  has(token: string): boolean {
    return this.list().includes(checked(token));
  }

  add(token: string): void {
    const added = checked(token);
    const before = this.list();
    if (before.includes(added)) return;
    const others = before.filter((each) => each !== "none");
    this.#write(added === "none" ? [added] : [...others, added]);
  }

  remove(token: string): boolean {
    const removed = checked(token);
    const before = this.list();
    if (!before.includes(removed)) return false;
    this.#write(before.filter((each) => each !== removed));
    return true;
  }

  #write(tokens: readonly string[]): void {
    if (tokens.length === 0) this.#headers.delete(FIELD);
    else this.#headers.set(FIELD, tokens.join(";"));
  }
}

function checked(token: string): string {
  if (typeof token !== "string" || !isToken(token)) {
    throw new TypeError(
      `Cannot use Privacy: ${JSON.stringify(token)} is not a value of it`,
    );
  }
  return token.toLowerCase();
}

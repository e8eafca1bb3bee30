/** What an operator reads of a trunk's registrations: one line whenever something changes, none while it stays. */

import type { LogLevel, Observer } from "../base/observer.ts";
import type { SipUri } from "../message/uri.ts";
import { formatAddress } from "../transport/address.ts";
import type { Registration } from "./registration.ts";
import type { RegistrationFailure } from "./registration_attempt.ts";

/** A Contact without what only its carrier is to know. */
export function shownContact(contact: SipUri): string {
  return contact.withoutParam("line").toString();
}

/** See the module's text. */
export class RegistrationLog {
  readonly #trunk: string;
  readonly #observer: Observer;
  /** What was said last of each server. */
  readonly #said = new Map<Registration, string>();

  constructor(trunk: string, observer: Observer) {
    this.#trunk = trunk;
    this.#observer = observer;
  }

  /** `before` is the server it takes the place of; `back`: that one only stood in for it. */
  registered(
    registration: Registration,
    { before, back }: { before: Registration | undefined; back: boolean },
  ): void {
    const { binding } = registration;
    if (binding === undefined) return;
    if (before !== undefined && before !== registration) {
      this.#observer.count(
        back ? "registration_failbacks" : "registration_failovers",
      );
    }
    this.#say(registration, "info", "registered", {
      expires: binding.expiresSeconds,
      contact: shownContact(binding.contact),
      at: formatAddress(binding.target),
      ...(before === undefined || before === registration
        ? {}
        : { instead_of: String(before.server) }),
    });
  }

  failed(
    registration: Registration,
    { failure, delayMs }: { failure: RegistrationFailure; delayMs: number },
  ): void {
    const { status, reason } = failure;
    const text = registration.binding === undefined
      ? "registration failed"
      : "registration was not refreshed";
    this.#say(registration, "warn", text, {
      status,
      reason,
      next_try: Math.round(delayMs / 1000),
    });
  }

  lost(registration: Registration, why: string): void {
    this.#say(registration, "warn", "registration lost", { why });
  }

  removed(registration: Registration): void {
    if (this.#said.get(registration)?.startsWith("registered")) {
      this.#say(registration, "info", "unregistered", {});
    }
  }

  /** The same again is only for those who debug. */
  #say(
    registration: Registration,
    level: LogLevel,
    text: string,
    fields: Readonly<Record<string, string | number>>,
  ): void {
    const { status, contact } = fields;
    const said = `${text} ${status ?? ""} ${contact ?? ""}`;
    const again = this.#said.get(registration) === said;
    this.#said.set(registration, said);
    this.#observer.log({
      level: again ? "debug" : level,
      text,
      fields: {
        trunk: this.#trunk,
        server: String(registration.server),
        ...fields,
      },
    });
  }
}

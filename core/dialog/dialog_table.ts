/** All dialogs, found by Call-ID and tags and never by URI (RFC 3261 section 12.2.2). */

import type { SipRequest } from "../message/message.ts";
import type { Session } from "./session.ts";

/** The table of one B2BUA. */
export class DialogTable {
  readonly #sessions = new Map<string, Session>();

  /** How many dialogs there are: part of the leak check. */
  get size(): number {
    return this.#sessions.size;
  }

  add(session: Session): void {
    this.#sessions.set(session.dialog.key, session);
  }

  remove(session: Session): void {
    const { key } = session.dialog;
    if (this.#sessions.get(key) === session) this.#sessions.delete(key);
  }

  /** The dialog a request belongs to. */
  find(request: SipRequest): Session | undefined {
    const localTag = request.to?.tag;
    if (localTag === undefined) return undefined;
    const session = this.#sessions.get(
      `${localTag} ${request.from?.tag ?? ""}`,
    );
    return session?.dialog.callId === request.callId ? session : undefined;
  }

  /** All of them, for a shutdown. */
  all(): Session[] {
    return [...this.#sessions.values()];
  }
}

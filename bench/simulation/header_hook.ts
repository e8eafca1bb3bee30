/** The usual hook of the benches: reads two headers of every message that leaves, and sets one. */

import type { Message } from "legwork";

function hook(message: Message): void {
  const from = message.headers.get("From");
  const id = message.headers.get("Call-ID");
  message.headers.set("X-Seen", `${from?.length} ${id?.length}`);
}

export const outbound = { "*": hook };

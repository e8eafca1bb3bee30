import { ignore, type KeepAlive } from "legwork";

/** Nobody is told that we are there. */
export function onKeepAlive(ping: KeepAlive) {
  const asks = ping.kind === "stun" || ping.kind === "crlf";
  return asks ? ignore() : undefined;
}

import { type Message, route } from "legwork";

/** Requests outside calls go to the carrier, edited on the way. */
export function onRequest(request: Message) {
  if (request.method === "OPTIONS") return;
  request.headers.set("X-Edited", "by onRequest");
  request.headers.delete("Subject");
  return route("carrier");
}

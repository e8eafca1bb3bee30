import { answer, type Message } from "legwork";

export const inbound = {
  "INFO": (message: Message) =>
    message.headers.get("X-Kind") === "bad"
      ? answer(200, { headers: { "Via": "not ours to write" } })
      : answer(200, {
        reason: "Fine",
        headers: { "Content-Type": "text/plain" },
        body: "hello",
      }),
};

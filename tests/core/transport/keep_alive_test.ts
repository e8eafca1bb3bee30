import { assertEquals } from "@std/assert";
import { toBytes } from "../../../core/message/bytes.ts";
import { nonSip } from "../../../core/transport/keep_alive.ts";

const STUN_BINDING = "\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes";

Deno.test("keep-alives are told from messages", () => {
  for (
    const text of [
      "",
      "\r\n",
      "\r\n\r\n",
      "\0",
      "\0\0\0\0",
      "jaK\0",
      "jaK",
      "keep-alive",
      "KEEPALIVE\r\n",
      "0000",
      " ",
      "\0".repeat(100),
      "\r\n".repeat(50),
    ]
  ) assertEquals(nonSip(toBytes(text)), "keep_alive", JSON.stringify(text));
});

Deno.test("STUN is told from messages by its header", () => {
  assertEquals(nonSip(toBytes(STUN_BINDING)), "stun");
  // RFC 5389 §6: "The message length MUST contain the size, in bytes, of the message not including the 20-byte STUN header."
  assertEquals(nonSip(toBytes(STUN_BINDING + "more")), undefined);
});

Deno.test("all else may be a message: the parser decides", () => {
  for (
    const text of [
      "OPTIONS sip:a SIP/2.0\r\n\r\n",
      "\r\nOPTIONS sip:a SIP/2.0\r\n\r\n",
      "x",
      "\x01\x02",
      "A".repeat(65_535),
    ]
  ) assertEquals(nonSip(toBytes(text)), undefined);
});

import { assertEquals } from "@std/assert";
import { toBytes } from "../../../core/message/bytes.ts";
import {
  type WireKeepAlive,
  wireKeepAlive,
} from "../../../core/transport/keep_alive.ts";

const STUN_BINDING = "\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes";

const KINDS: readonly [text: string, kind: WireKeepAlive][] = [
  ["", "empty"],
  ["\r\n", "crlf"],
  ["\r\n\r\n", "crlf"],
  [" ", "crlf"],
  ["\r\n".repeat(50), "crlf"],
  ["\0", "nul"],
  ["\0\0\0\0", "nul"],
  ["\r\n\0", "nul"],
  ["\0".repeat(100), "nul"],
  ["jaK\0", "jak"],
  ["jaK", "jak"],
  ["keep-alive", "keep-alive"],
  ["keep-alive\r\n", "keep-alive"],
  ["KEEPALIVE\r\n", "keep-alive"],
  ["\r\nkeep-alive", "keep-alive"],
  ["0000", "other"],
  ["hello", "other"],
  ["PING\r\n", "other"],
];

Deno.test("each kind of keep-alive is told from messages", () => {
  for (const [text, kind] of KINDS) {
    assertEquals(wireKeepAlive(toBytes(text)), kind, JSON.stringify(text));
  }
});

Deno.test("STUN is told from messages by its header", () => {
  assertEquals(wireKeepAlive(toBytes(STUN_BINDING)), "stun");
  // RFC 5389 §6: "The message length MUST contain the size, in bytes, of the message not including the 20-byte STUN header."
  assertEquals(wireKeepAlive(toBytes(STUN_BINDING + "more")), undefined);
});

Deno.test("all else may be a message: the parser decides", () => {
  for (
    const text of [
      "OPTIONS sip:a SIP/2.0\r\n\r\n",
      "\r\nOPTIONS sip:a SIP/2.0\r\n\r\n",
      "x",
      "keep-alive now",
      "BYE",
      "\x01\x02",
      "A".repeat(65_535),
    ]
  ) assertEquals(wireKeepAlive(toBytes(text)), undefined);
});

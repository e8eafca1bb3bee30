import { assertEquals } from "@std/assert";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import { StreamFramer } from "../../../core/transport/stream_framer.ts";
import type { FramingProblem } from "../../../core/transport/transport.ts";

const LIMIT_BYTES = 2_000;

interface Cut {
  readonly frames: readonly string[];
  readonly pings: number;
  readonly problem: FramingProblem | undefined;
}

/** Feeds a stream in chunks of a size. */
function cut(stream: string, chunkBytes: number): Cut {
  const framer = new StreamFramer(LIMIT_BYTES);
  const frames: string[] = [];
  let pings = 0;
  let problem: FramingProblem | undefined;
  const sink = {
    onFrame: (bytes: Uint8Array): void => void frames.push(fromBytes(bytes)),
    onPing: (): void => void pings++,
  };
  const bytes = toBytes(stream);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    problem ??= framer.push(bytes.subarray(at, at + chunkBytes), sink);
  }
  return { frames, pings, problem };
}

function message(
  body: string,
  length = `Content-Length: ${body.length}`,
): string {
  return `INFO sip:b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n${length}\r\n\r\n${body}`;
}

interface Row {
  readonly what: string;
  readonly stream: string;
  readonly frames?: readonly string[];
  readonly pings?: number;
  readonly problem?: { status: 400 | 513; reason: string };
}

const ROWS: readonly Row[] = [
  { what: "one message", stream: message("abc"), frames: [message("abc")] },
  { what: "no body", stream: message(""), frames: [message("")] },
  {
    what: "two messages in one",
    stream: message("one") + message("two"),
    frames: [message("one"), message("two")],
  },
  {
    what: "a body that looks like a message",
    stream: message(message("x")) + message(""),
    frames: [message(message("x")), message("")],
  },
  {
    what: "the compact form",
    stream: message("abc", "l: 3"),
    frames: [message("abc", "l: 3")],
  },
  {
    what: "odd case and space before the colon",
    stream: message("abc", "cOnTeNt-LeNgTh \t:\t 3 "),
    frames: [message("abc", "cOnTeNt-LeNgTh \t:\t 3 ")],
  },
  {
    what: "a folded value",
    stream: message("abc", "Content-Length:\r\n 3"),
    frames: [message("abc", "Content-Length:\r\n 3")],
  },
  {
    what: "a fold that looks like the field",
    stream: message("abc", "Subject: x\r\n l: 9\r\nl: 3"),
    frames: [message("abc", "Subject: x\r\n l: 9\r\nl: 3")],
  },
  {
    what: "two lengths that agree",
    stream: message("abc", "l: 3\r\nContent-Length: 03"),
    frames: [message("abc", "l: 3\r\nContent-Length: 03")],
  },
  {
    what: "line ends of LF alone",
    stream: "INFO sip:b SIP/2.0\nl: 2\n\nab" + message(""),
    frames: ["INFO sip:b SIP/2.0\nl: 2\n\nab", message("")],
  },
  {
    // §7.5: "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF appearing
    // before the start-line."
    what: "CRLF before the start line",
    stream: "\r\n" + message("a") + "\r\n" + message("b"),
    frames: [message("a"), message("b")],
  },
  {
    // RFC 5626 §4.4.1: "the "ping" is a double-CRLF sequence, and the "pong" is a single CRLF".
    what: "pings between messages",
    stream: "\r\n\r\n" + message("a") + "\r\n\r\n\r\n\r\n" + message("b"),
    frames: [message("a"), message("b")],
    pings: 3,
  },
  {
    what: "NULs between messages",
    stream: "\0\0" + message("a") + "\0" + message("b"),
    frames: [message("a"), message("b")],
  },
  {
    // §18.3: "The Content-Length header field MUST be used with stream oriented transports."
    what: "no Content-Length",
    stream: message("a") + message("", "Subject: none"),
    frames: [message("a")],
    problem: { status: 400, reason: "Missing Content-Length" },
  },
  {
    what: "a negative Content-Length",
    stream: message("", "l: -5"),
    problem: { status: 400, reason: "Malformed Content-Length" },
  },
  {
    what: "a Content-Length that is no number",
    stream: message("", "l: 1e3"),
    problem: { status: 400, reason: "Malformed Content-Length" },
  },
  {
    what: "a Content-Length beyond any number",
    stream: message("", `l: ${"9".repeat(40)}`),
    problem: { status: 400, reason: "Malformed Content-Length" },
  },
  {
    what: "two lengths that differ",
    stream: message("abc", "l: 3\r\nl: 4"),
    problem: { status: 400, reason: "Malformed Content-Length" },
  },
  {
    what: "a body over the limit",
    stream: message("", "l: 2000"),
    problem: { status: 513, reason: "Message too large" },
  },
  {
    what: "a head without end",
    stream: "A".repeat(3_000),
    problem: { status: 513, reason: "Message too large" },
  },
];

for (const { what, stream, frames = [], pings = 0, problem } of ROWS) {
  Deno.test(`stream framer: ${what}, wherever segments end`, () => {
    for (const chunkBytes of [1, 2, 3, 7, 64, 100_000]) {
      const result = cut(stream, chunkBytes);
      assertEquals(result.frames, frames);
      assertEquals(result.pings, pings);
      assertEquals(result.problem?.status, problem?.status);
      assertEquals(result.problem?.reason, problem?.reason);
    }
  });
}

Deno.test("stream framer: a line end after our ping is its pong, and no half of a ping", () => {
  const framer = new StreamFramer(LIMIT_BYTES);
  const heard: string[] = [];
  const sink = {
    onFrame: (): void => void heard.push("message"),
    onPing: (): void => void heard.push("ping"),
    onPong: (): void => void heard.push("pong"),
  };
  function push(text: string): string[] {
    heard.length = 0;
    framer.push(toBytes(text), sink);
    return [...heard];
  }
  for (let i = 0; i < 4; i++) {
    framer.awaitPong();
    assertEquals(push("\r"), []);
    assertEquals(push("\n"), ["pong"]);
  }
  // Not asked for: one line end is nothing, the next makes it a ping.
  assertEquals(push("\r\n"), []);
  assertEquals(push("\r\n"), ["ping"]);
  // A pong and a ping in one cannot be told from one of them; both are heard.
  framer.awaitPong();
  assertEquals(push("\r\n\r\n"), ["pong", "ping"]);
  framer.awaitPong();
  assertEquals(push("\r\n" + message("after")), ["pong", "message"]);
  assertEquals(push("\r\n"), []);
});

Deno.test("stream framer: a problem comes with the head it was found in, and nothing comes after it", () => {
  const framer = new StreamFramer(LIMIT_BYTES);
  const frames: string[] = [];
  const sink = {
    onFrame: (bytes: Uint8Array): void => void frames.push(fromBytes(bytes)),
    onPing(): void {},
  };
  const bad = message("", "l: -1");
  const problem = framer.push(toBytes(bad + message("lost")), sink);
  assertEquals(fromBytes(problem!.head!), bad);
  assertEquals(framer.push(toBytes(message("later")), sink), undefined);
  assertEquals(frames, []);
});

import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import type { SipMessage } from "../../../core/message/message.ts";
import {
  parseHead,
  parseMessage,
  type ParseProblem,
} from "../../../core/message/parse.ts";

const HEAD = "OPTIONS sip:h SIP/2.0\r\n" +
  "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n";

function accepted(text: string): SipMessage {
  const parsed = parseMessage(toBytes(text));
  assert(parsed.ok, text);
  return parsed.message;
}

function problem(text: string): ParseProblem {
  const parsed = parseMessage(toBytes(text));
  assert(!parsed.ok, text);
  return parsed.problem;
}

function reason(text: string): string {
  const { status, reason } = problem(text);
  return `${status} ${reason}`;
}

Deno.test("a request", () => {
  const message = accepted(`${HEAD}Content-Length: 2\r\n\r\nhi`);
  assert(message.kind === "request");
  assertEquals(message.method, "OPTIONS");
  assertEquals(message.uri, "sip:h");
  assertEquals(message.sipUri?.host, "h");
  assertEquals(fromBytes(message.body), "hi");
});

Deno.test("a response, with and without a reason", () => {
  const message = accepted("SIP/2.0 180 It rings \xc3\xa4\r\n\r\n");
  assert(message.kind === "response");
  assertEquals(message.status, 180);
  assertEquals(message.reason, "It rings \xc3\xa4");
  for (const text of ["SIP/2.0 200 \r\n\r\n", "sip/2.0 200\r\n\r\n"]) {
    const bare = accepted(text);
    assert(bare.kind === "response");
    assertEquals(bare.reason, "");
  }
});

Deno.test('§7.5: "MUST ignore any CRLF appearing before the start-line"', () => {
  assertEquals(accepted(`\r\n\r\n\r\n${HEAD}\r\n`).kind, "request");
});

Deno.test("§7.1: methods are case-sensitive and may be any token, the version's case is free", () => {
  const message = accepted("foo-Bar.1 tel:+1 sip/2.0\r\n\r\n");
  assert(message.kind === "request");
  assertEquals(message.method, "foo-Bar.1");
  assertEquals(message.uri, "tel:+1");
});

Deno.test("start lines that are none get no answer", () => {
  for (
    const text of [
      "",
      "\r\n\r\n",
      "hello\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "INVITE\r\n\r\n",
      "INV@ITE sip:h SIP/2.0\r\n\r\n",
      " SIP/2.0\r\n\r\n",
      "SIP/2.0 20 OK\r\n\r\n",
      "SIP/2.0 2000 OK\r\n\r\n",
      "SIP/2.0 -20 OK\r\n\r\n",
      "SIP/3.0 200 OK\r\n\r\n",
      "\x00\x01\x02\xff",
      "A".repeat(65_000),
    ]
  ) assertEquals(problem(text).message, undefined, text.slice(0, 40));
});

Deno.test("start lines that can be answered", () => {
  assertEquals(
    reason("INVITE sip:h SIP/7.0\r\n\r\n"),
    "505 Version Not Supported",
  );
  for (
    const line of [
      "INVITE  SIP/2.0",
      "INVITE a b SIP/2.0",
      "INVITE a\rb SIP/2.0",
    ]
  ) assertEquals(reason(`${line}\r\n\r\n`), "400 Malformed request URI", line);
  assertEquals(
    reason("INVITE sip:h SIP/2.0 \r\n\r\n"),
    "400 Malformed request line",
  );
  assertEquals(reason("SIP/2.0 099 No\r\n\r\n"), "400 Status out of range");
  assertEquals(reason("SIP/2.0 700 No\r\n\r\n"), "400 Status out of range");
  assertEquals(
    reason("SIP/2.0 200 a\rX: y\r\n\r\n"),
    "400 Malformed reason phrase",
  );
});

Deno.test("folds belong to the line before and are kept", () => {
  const message = accepted(`${HEAD}Subject: a\r\n b\r\n\tc\r\nX: y\r\n\r\n`);
  assertEquals(message.headers.get("Subject"), "a b c");
  assertEquals(message.headers.lines[1]?.raw, "Subject: a\r\n b\r\n\tc");
  assertEquals(message.headers.get("X"), "y");
});

Deno.test("lines that end in LF alone are read", () => {
  for (const end of ["\n\n", "\n\r\n", "\r\n\n"]) {
    const message = accepted(
      `OPTIONS sip:h SIP/2.0\nA: 1\r\nB: 2\n c${end}body`,
    );
    assertEquals(message.headers.get("A"), "1");
    assertEquals(message.headers.get("B"), "2 c");
    assertEquals(fromBytes(message.body), "body");
  }
  // An empty line needs its end.
  assertEquals(reason(`${HEAD}\r`), "400 Header fields without end");
});

Deno.test("malformed lines are named, and left out of what an answer copies", () => {
  for (
    const [line, expected] of [
      ["No colon", "400 Header field without a colon"],
      [": value", "400 Malformed header field name"],
      ["Na me: value", "400 Malformed header field name"],
      ["N\xc3\xa4me: value", "400 Malformed header field name"],
      ["X: a\rVia: b", "400 Control character in header field"],
      ["X: a\x00", "400 Control character in header field"],
      ["X: a\r", "400 Control character in header field"],
    ] as const
  ) {
    // The last line is treated as the others are.
    for (const lines of [`${line}\r\nTo: x`, `To: x\r\n${line}`]) {
      const fault = problem(`${HEAD}${lines}\r\n\r\n`);
      assertEquals(`${fault.status} ${fault.reason}`, expected, lines);
      assertEquals(
        fault.message?.headers.lines.map(({ key }) => key),
        ["via", "to"],
        lines,
      );
    }
  }
  assertEquals(
    reason("OPTIONS sip:h SIP/2.0\r\n Via: folded\r\n\r\n"),
    "400 Malformed header field name",
  );
});

Deno.test("the first of several faults is reported", () => {
  assertEquals(
    reason(`${HEAD}No colon\r\n: x\r\n\r\n`),
    "400 Header field without a colon",
  );
});

Deno.test("a head without its empty line", () => {
  assertEquals(reason(HEAD), "400 Header fields without end");
});

Deno.test("§18.3: the body of a datagram", () => {
  // "If there are additional bytes in the transport packet beyond the end of the body, they MUST be discarded."
  assertEquals(
    fromBytes(accepted(`${HEAD}l: 3\r\n\r\nabcdef`).body),
    "abc",
  );
  // "If the message has no Content-Length header field, the message body is assumed to end at the end of the transport
  // packet."
  assertEquals(fromBytes(accepted(`${HEAD}\r\nabcdef`).body), "abcdef");
  // "If the transport packet ends before the end of the message body, this is considered an error."
  assertEquals(
    reason(`${HEAD}l: 7\r\n\r\nabcdef`),
    "400 Body shorter than Content-Length",
  );
});

Deno.test("a Content-Length that is no length", () => {
  for (
    const line of ["-1", "1x", "", "1 2", "99999999999999", "1\r\nl: 2"]
  ) {
    assertEquals(
      reason(`${HEAD}l: ${line}\r\n\r\nabc`),
      "400 Malformed Content-Length",
      line,
    );
  }
  // Several that agree count as one.
  const twice = accepted(`${HEAD}l: 2\r\nContent-Length: 2\r\n\r\nabc`);
  assertEquals(fromBytes(twice.body), "ab");
});

Deno.test("limits: size, number of lines, length of a line", () => {
  assertEquals(
    reason(`${HEAD}\r\n${"b".repeat(DEFAULT_LIMITS.messageBytes)}`),
    "513 Message too large",
  );
  assertEquals(
    reason(`${HEAD}${"X: y\r\n".repeat(DEFAULT_LIMITS.headerLines)}\r\n`),
    "513 Too many header fields",
  );
  assertEquals(
    reason(`${HEAD}X: ${"y".repeat(DEFAULT_LIMITS.headerLineBytes)}\r\n\r\n`),
    "513 Header field too long",
  );
  const lines = parseHead(HEAD, {
    limits: { ...DEFAULT_LIMITS, headerLines: 0 },
  });
  assertEquals(lines?.problem?.status, 513);
});

Deno.test("a body of binary bytes is a copy of its own", () => {
  const bytes = toBytes(`${HEAD}\r\n\x00\xff\r\n\r\n\x80`);
  const parsed = parseMessage(bytes);
  bytes.fill(0);
  assert(parsed.ok);
  assertEquals(fromBytes(parsed.message.body), "\x00\xff\r\n\r\n\x80");
});

Deno.test("a head may come with its empty line", () => {
  const head = parseHead(`${HEAD}\r\n`);
  assertEquals(head?.problem, undefined);
  assertEquals(head?.message.headers.lines.length, 1);
});

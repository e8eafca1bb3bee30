import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import type { SipRequest, SipResponse } from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import {
  validateRequest,
  validateResponse,
} from "../../../core/message/validate.ts";

const LINES: Readonly<Record<string, string>> = {
  "Via": "SIP/2.0/UDP h;branch=z9hG4bK1",
  "Max-Forwards": "70",
  "From": "<sip:a@h>;tag=1",
  "To": "<sip:b@h>",
  "Call-ID": "c@h",
  "CSeq": "1 INVITE",
  "Contact": "<sip:a@h>",
};

/** An INVITE with some lines changed (undefined: without it) and others added. */
function invite(
  changes: Readonly<Record<string, string | undefined>> = {},
  { start = "INVITE sip:b@h SIP/2.0", more = "" } = {},
): SipRequest {
  const message = parse(start, changes, more);
  assert(message.kind === "request");
  return message;
}

function response(
  changes: Readonly<Record<string, string | undefined>> = {},
): SipResponse {
  const message = parse("SIP/2.0 200 OK", changes, "");
  assert(message.kind === "response");
  return message;
}

function parse(
  start: string,
  changes: Readonly<Record<string, string | undefined>>,
  more: string,
): SipRequest | SipResponse {
  let text = `${start}\r\n`;
  for (const [name, value] of Object.entries({ ...LINES, ...changes })) {
    if (value !== undefined) text += `${name}: ${value}\r\n`;
  }
  const parsed = parseMessage(toBytes(`${text}${more}\r\n`));
  assert(parsed.ok, parsed.ok ? "" : parsed.problem.reason);
  return parsed.message;
}

Deno.test("a request with all that §8.1.1 asks for is fine", () => {
  assertEquals(validateRequest(invite()), undefined);
  assertEquals(validateResponse(response()), undefined);
});

Deno.test('§8.1.1: "MUST, at a minimum, contain [...] To, From, CSeq, Call-ID [...] and Via"', () => {
  for (const name of ["Via", "From", "To", "Call-ID", "CSeq"]) {
    const expected = { status: 400, reason: `Missing ${name}` } as const;
    assertEquals(validateRequest(invite({ [name]: undefined })), expected);
    assertEquals(
      validateResponse(response({ [name]: undefined })),
      `Missing ${name}`,
    );
  }
});

Deno.test("malformed values are named", () => {
  for (
    const [name, value] of [
      ["Via", "SIP/2.0 h"],
      ["From", "<sip:a@h>;;"],
      ["To", '"b <sip:b@h>'],
      ["CSeq", "x INVITE"],
      ["CSeq", "1INVITE"],
      ["CSeq", "1 IN VITE"],
      // §8.1.1.5: "MUST be less than 2**31"
      ["CSeq", "2147483648 INVITE"],
      ["Call-ID", ""],
      ["Call-ID", "a b"],
    ] as const
  ) {
    assertEquals(
      validateRequest(invite({ [name]: value }))?.reason,
      `Malformed ${name}`,
      value,
    );
    assertEquals(
      validateResponse(response({ [name]: value })),
      `Malformed ${name}`,
    );
  }
});

Deno.test('§8.1.1.5: "The method MUST match that of the request."', () => {
  assertEquals(
    validateRequest(invite({ CSeq: "1 BYE" }))?.reason,
    "CSeq method does not match",
  );
  assertEquals(
    validateRequest(invite({ CSeq: "1 invite" }))?.reason,
    "CSeq method does not match",
  );
});

Deno.test("§7.3.1: fields of a single value stand once", () => {
  for (
    const [name, more] of [
      ["From", "f: <sip:a@h>;tag=1"],
      ["To", "To: <sip:b@h>"],
      ["Call-ID", "i: c@h"],
      ["CSeq", "CSeq: 2 INVITE"],
      ["Max-Forwards", "Max-Forwards: 1"],
      ["Expires", "Expires: 1\r\nExpires: 1"],
      ["Session-Expires", "x: 90\r\nSession-Expires: 90"],
    ] as const
  ) {
    const request = invite({}, { more: `${more}\r\n` });
    assertEquals(validateRequest(request)?.reason, `Duplicate ${name}`);
  }
  const carried = invite({}, { more: "Subject: a\r\ns: b\r\n" });
  assertEquals(validateRequest(carried), undefined);
});

Deno.test('§20.22: Max-Forwards "is an integer in the range 0-255"', () => {
  for (const value of ["256", "-1", "x", "", "1 2"]) {
    assertEquals(
      validateRequest(invite({ "Max-Forwards": value }))?.reason,
      "Malformed Max-Forwards",
    );
  }
  for (const value of ["0", "255", "0068", undefined]) {
    assertEquals(validateRequest(invite({ "Max-Forwards": value })), undefined);
  }
});

Deno.test("the request URI: any scheme passes, a malformed sip: does not", () => {
  for (
    const [uri, expected] of [
      ["tel:+49", undefined],
      ["urn:service:sos", undefined],
      ["nonsense", "Malformed request URI"],
      ["sip:a@b@c", "Malformed request URI"],
      ["sip:b@h?Route=x", "Header fields in request URI"],
    ] as const
  ) {
    const request = invite({}, { start: `INVITE ${uri} SIP/2.0` });
    assertEquals(validateRequest(request)?.reason, expected, uri);
  }
});

Deno.test('§8.1.1.8: an INVITE\'s Contact "MUST be present and contain exactly one SIP or SIPS URI"', () => {
  for (
    const [value, expected] of [
      [undefined, "Missing Contact"],
      ["*", "Malformed Contact"],
      ["tel:+49", "Malformed Contact"],
      ["<sip:a@h>;;", "Malformed Contact"],
      ["<sip:a@h>, <sip:a@i>", "More than one Contact"],
      ["<sip:a@h>\r\nm: <sip:a@i>", "More than one Contact"],
      ["sip:a@h", undefined],
      ["<sips:a@h>;q=0.5", undefined],
    ] as const
  ) {
    assertEquals(
      validateRequest(invite({ Contact: value }))?.reason,
      expected,
      value,
    );
  }
  const old = invite({ Contact: undefined, Via: "SIP/2.0/UDP h" });
  assertEquals(validateRequest(old), undefined);
});

Deno.test("Contact of other requests: absent or well-formed; §10.2.2: a REGISTER may have several, or *", () => {
  for (
    const [method, value, expected] of [
      ["BYE", undefined, undefined],
      ["BYE", "<nonsense>", "Malformed Contact"],
      ["OPTIONS", "<tel:+49>", undefined],
      ["REGISTER", "*", undefined],
      ["REGISTER", "<sip:a@h>, <sip:b@h>;expires=3", undefined],
      ["REGISTER", "<sip:a@h>, <sip:b@h>;;", "Malformed Contact"],
    ] as const
  ) {
    const request = invite({ Contact: value, CSeq: `1 ${method}` }, {
      start: `${method} sip:h SIP/2.0`,
    });
    assertEquals(validateRequest(request)?.reason, expected, value);
  }
});

Deno.test("§8.1.3.3: a response with more than one Via is discarded", () => {
  const via = "SIP/2.0/UDP h;branch=z9hG4bK1";
  for (const value of [`${via}, ${via}`, `${via}\r\nv: ${via}`]) {
    assertEquals(
      validateResponse(response({ Via: value })),
      "More than one Via",
    );
    assertEquals(validateRequest(invite({ Via: value })), undefined);
  }
});

Deno.test("Via, Route and Record-Route values are limited together", () => {
  const request = invite({ Route: "<sip:a;lr>, <sip:b;lr>" });
  const limits = { ...DEFAULT_LIMITS, routeValues: 2 };
  assertEquals(
    validateRequest(request, { limits })?.reason,
    "Too many Via or Route values",
  );
  assertEquals(validateRequest(request), undefined);
});

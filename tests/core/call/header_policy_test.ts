import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";
import {
  crossing,
  FILTERED_FIELDS,
  METHODS,
  NO_CONTENT,
  OWN_FIELDS,
  PASSABLE_TAGS,
  unsupportedTags,
} from "../../../core/call/header_policy.ts";

function names(headers: Headers): string[] {
  return headers.lines.map((line) => line.raw);
}

Deno.test("what is one leg's own does not cross, all else does byte for byte", () => {
  const headers = new Headers();
  for (const key of OWN_FIELDS.keys()) headers.append(key, "x");
  headers.append("x-odd", "  spaced \t\xff ");
  headers.append("s", "compact");
  headers.append("User-Agent", "PBX");
  const { headers: crossed } = crossing(
    new SipRequest("INVITE", "sip:a@b", headers),
  );
  assertEquals(names(crossed), [
    "x-odd:   spaced \t\xff ",
    "s: compact",
    "User-Agent: PBX",
  ]);
});

Deno.test("token lists cross less what we would have to take part in", () => {
  const headers = new Headers()
    .append("Supported", "timer, 100rel, replaces, Histinfo")
    .append("k", "timer")
    .append("Require", "privacy")
    .append("Allow", "INVITE, ACK, PRACK, REFER, INFO");
  const { headers: crossed } = crossing(
    new SipRequest("INVITE", "sip:a@b", headers),
  );
  assertEquals(names(crossed), [
    "Supported: Histinfo",
    "Require: privacy",
    "Allow: INVITE, ACK, INFO",
  ]);
});

Deno.test("a list that was seen before crosses as it did the first time", () => {
  for (const _ of ["first", "again"]) {
    const headers = new Headers()
      .append("Allow", "INVITE, SUBSCRIBE")
      .append("Supported", "100rel")
      .append("Require", "");
    const { headers: crossed } = crossing(
      new SipRequest("INVITE", "sip:a@b", headers),
    );
    assertEquals(names(crossed), ["Allow: INVITE", "Require: "]);
  }
  // Far more lists than are remembered, and longer ones.
  for (let i = 0; i < 500; i++) {
    const odd = `x${i},`.repeat(i + 1);
    const headers = new Headers().append("Allow", `${odd} BYE`);
    const { headers: crossed } = crossing(
      new SipRequest("INVITE", "sip:a@b", headers),
    );
    assertEquals(names(crossed), ["Allow: BYE"]);
  }
});

Deno.test("a message with nothing for the other side makes nothing for it; a body is something", () => {
  const headers = new Headers().append("Via", "SIP/2.0/UDP a").append(
    "Call-ID",
    "x",
  );
  assertStrictEquals(
    crossing(new SipRequest("BYE", "sip:a@b", headers)),
    NO_CONTENT,
  );
  const body = new Uint8Array(1);
  const content = crossing(new SipRequest("BYE", "sip:a@b", headers, body));
  assertStrictEquals(content.body, body);
  assertEquals(content.headers.lines.length, 0);
  assertEquals(NO_CONTENT.headers.lines.length, 0);
});

Deno.test("Require of what we do not know is found, whatever its case", () => {
  const headers = new Headers().append("Require", "Privacy, 100rel").append(
    "Require",
    "foo",
  );
  const invite = new SipRequest("INVITE", "sip:a@b", headers);
  assertEquals(unsupportedTags(invite, { timer: false }), ["100rel", "foo"]);
  headers.append("Require", "timer");
  assertEquals(unsupportedTags(invite, { timer: true }), ["100rel", "foo"]);
  assertEquals(unsupportedTags(invite, { timer: false }), [
    "100rel",
    "foo",
    "timer",
  ]);
});

Deno.test("the table in docs/architecture.md is this table", async () => {
  const page = await Deno.readTextFile(
    new URL("../../../docs/architecture.md", import.meta.url),
  );
  const rows = page.replace(/ +/g, " ");
  for (const [key, why] of OWN_FIELDS) {
    const row = `| \`${Headers.nameOf(key)}\` | no | ${why} |`;
    assertEquals(
      rows.includes(row),
      true,
      `docs/architecture.md lacks: ${row}`,
    );
  }
  for (const key of FILTERED_FIELDS.keys()) {
    assertMatch(
      rows,
      new RegExp(`\\| \`${Headers.nameOf(key)}\` \\| in part \\|`),
    );
  }
  for (const word of [...PASSABLE_TAGS, ...METHODS]) {
    assertEquals(
      page.includes(`\`${word}\``),
      true,
      `docs/architecture.md lacks ${word}`,
    );
  }
});

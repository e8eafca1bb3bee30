import { assertEquals, assertMatch } from "@std/assert";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";
import {
  crossing,
  FILTERED_FIELDS,
  METHODS,
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

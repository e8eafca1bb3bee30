/** Views that a script reaches through others, in the hands of a script that means harm. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ScriptFault } from "../../scripts/fault.ts";
import { OFFER } from "../core/sdp/samples.ts";
import { fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript } from "./world.ts";

function message(): FakeMessage {
  return new FakeMessage("INVITE", 0, {
    headers: [["Content-Type", "application/sdp"]],
    body: OFFER,
  });
}

/** What a hook with this body throws, or "" when it returns. */
async function fault(body: string): Promise<string> {
  using script = await loadScript(
    `export const inbound = { INVITE: (message) => { ${body} } };`,
  );
  const { inbound } = script.host.acquire();
  const before = message();
  try {
    inbound!.INVITE!(before, fakeLeg());
    return "";
  } catch (error) {
    assert(error instanceof ScriptFault, String(error));
    return error.message;
  }
}

Deno.test("a view cannot be made, forged or borrowed", async () => {
  const bodies = [
    `const view = message.address("P-Asserted-Identity"); Object.create(view).text;`,
    `const { get } = Object.getOwnPropertyDescriptor(
       Object.getPrototypeOf(message.sdp), "text"); get.call({});`,
    `new (message.sdp.constructor)(1).media.length;`,
    `message.sdp.media[0].setPrototypeOf();`,
  ];
  for (const body of bodies) {
    const text = await fault(body);
    assert(/TypeError/.test(text), `${body}: ${text}`);
  }
});

Deno.test("borrowed members reach nothing but what the view has", async () => {
  const text = await fault(`
    const sdp = message.sdp;
    Object.setPrototypeOf(sdp, Object.getPrototypeOf(message.privacy));
    sdp.list(); // the first member of its own kind: text
    sdp.remove("x");
  `);
  assert(/TypeError/.test(text), text);
});

Deno.test("built-in objects turned against a view harm nobody but the script", async () => {
  assertEquals(
    await fault(`
      JSON.parse = JSON.stringify = () => { throw new Error("JSON"); };
      Object.defineProperty = Reflect.setPrototypeOf = () => { throw new Error("made"); };
      Number.isFinite = () => false;
      message.sdp.media[1].port = 5;
      if (message.sdp.media[1].port !== 5) throw new Error("port");
    `),
    "",
  );
  assertEquals(
    await fault(`
      Object.defineProperty(Array.prototype, 0, { set() { throw new Error("set"); } });
      message.sdp.media;
    `),
    "Error: set",
  );
  const text = await fault(`
    Array.prototype.toJSON = () => "[1";
    message.address("P-Asserted-Identity");
  `);
  assert(text !== "", "arguments that are no list are refused");
});

Deno.test("wrong arguments are refused by name", async () => {
  const cases: [string, RegExp][] = [
    [`message.address(1)`, /it is not a field name/],
    [`message.address({ toString: () => "From" })`, /it is not a field name/],
    [`message.value()`, /it is not a field name/],
    [`message.sdp.media[0].port = "5"`, /wanted 0 to 65535/],
    [`message.sdp.media[0].port = Infinity`, /wanted a number/],
    [`message.sdp.media[0].codecs.remove({})`, /found object, wanted text/],
    [`message.sdp.attributes.set("x", 1)`, /found number, wanted text/],
    [`message.sdp.media = []`, /no setter|read-only|setter/],
    [`message.headers.setAt("X-Note", 7, "x")`, /there is no line 7/],
    [`message.privacy.add(null)`, /is not a value of it/],
    [`message.setBody("x")`, /is not a media type/],
  ];
  for (const [body, wanted] of cases) {
    const text = await fault(`"use strict"; ${body};`);
    assert(wanted.test(text), `${body}: ${text}`);
  }
});

Deno.test("views of one hook are bounded", async () => {
  const text = await fault(`
    for (let i = 0; i < 20; i++) {
      message.headers.set("X-List", Array(1000).fill("v" + i).join(","));
      message.values("X-List");
    }
  `);
  assert(/more than 10000 values/.test(text), text);
});

Deno.test("a fault takes edits of values, SDP and parts back", async () => {
  using script = await loadScript(
    `export const inbound = { INVITE: (message) => {
    message.sdp.media[0].codecs.remove("PCMA");
    message.address("P-Asserted-Identity").user = "x";
    throw new Error("enough");
  } };`,
  );
  const { inbound } = script.host.acquire();
  const draft = message();
  assertThrows(() => inbound!.INVITE!(draft, fakeLeg()), ScriptFault, "enough");
  // Whoever made the draft throws it away; the message it was made of is the one that goes on.
  assertEquals(message().finish().body.length, OFFER.length);
});

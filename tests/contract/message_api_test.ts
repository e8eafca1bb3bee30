/** The message API as a plain module and in the sandbox: the same members, the same results, the same messages. */

import { assert, assertEquals } from "@std/assert";
import { MessageDraft } from "../../core/call/message_draft.ts";
import type { MessageHook } from "../../core/call/policy.ts";
import { fromBytes, fromText, toBytes } from "../../core/message/bytes.ts";
import type { SipMessage } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";
import { serialize } from "../../core/message/serialize.ts";
import { ScriptHost } from "../../scripts/revisions.ts";
import { VIEW_MEMBERS } from "../../scripts/view_members.ts";
import { OFFER } from "../core/sdp/samples.ts";
import { fakeCall, fakeLeg } from "../scripts/fake_views.ts";
import { memoryFiles, testWorld } from "../scripts/world.ts";
import * as plain from "./message_api_module.ts";

const MODULE = new URL("./message_api_module.ts", import.meta.url);

const PARTS = [
  "preamble",
  "--frontier",
  "Content-Type: application/sdp",
  "",
  OFFER,
  "--frontier",
  "Content-Type:application/x-other ; v=1",
  "X-Part: 1",
  "",
  "\x00\xff",
  "--frontier--",
  "epilogue",
].join("\r\n");

function invite(step: string): SipMessage {
  const severals = step.includes("part") && !step.startsWith("param") &&
    !step.startsWith("a param");
  const body = severals ? PARTS : OFFER;
  const text = [
    "INVITE sip:bob@b.example SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    "From: Alice <sip:alice@a.example>;tag=1",
    "To: <sip:bob@b.example>",
    "Call-ID: 1@a.example",
    "CSeq: 1 INVITE",
    `X-Step: ${step}`,
    "Allow: INVITE, ACK,BYE",
    "Allow: INFO",
    "Content-Disposition: session;handling=optional",
    'P-Asserted-Identity: "A, B" <sip:a@b:5061;user=x>,<tel:+49301>',
    "P-Asserted-Identity: tel:+49302",
    "Diversion: <sip:2@b>;reason=no-answer",
    'Diversion: "First" <sip:1@b>;reason="unconditional";counter=1;privacy=off',
    "History-Info: <sip:1@b>;index=1, <sip:2@b?Reason=SIP%3Bcause%3D302>;index=1.1",
    "Privacy: id;Header",
    'Reason: Q.850;cause=16;text="Normal, really"',
    'Reason: SIP ;cause=200 ;text="OK"',
    severals
      ? 'Content-Type: multipart/mixed;boundary="frontier"'
      : "Content-Type: application/sdp",
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
  const parsed = parseMessage(toBytes(text));
  if (!parsed.ok) throw new Error(parsed.problem.reason);
  return parsed.message;
}

/** What a hook makes of the message of a step: its result, and the message. */
function outcome(hook: MessageHook, step: string): [string, string] {
  const draft = new MessageDraft(invite(step), { uri: true, parties: true });
  hook(draft, fakeLeg());
  const result = draft.headers.get("X-Result") ?? "";
  return [result, fromBytes(serialize(draft.finish()))];
}

async function sandboxed(): Promise<MessageHook> {
  const text = await Deno.readTextFile(MODULE);
  const host = await ScriptHost.load(
    await testWorld(),
    memoryFiles({ "route.ts": text }),
    "route.ts",
  );
  return host.acquire().inbound!.INVITE!;
}

Deno.test("a step has the same outcome in the sandbox as in a plain module", async () => {
  const hook = await sandboxed();
  for (const step of plain.names) {
    assertEquals(
      outcome(hook, step),
      outcome(plain.inbound.INVITE as MessageHook, step),
      step,
    );
  }
});

const RESULTS: Readonly<Record<string, unknown>> = {
  "headers by index": [
    true,
    ["0", "a", "B"],
    "0",
    "B",
    null,
    "Alice <sip:alice@a.example>;tag=1",
    ["INVITE", "ACK", "BYE", "INFO"],
    false,
  ],
  "no such line": 'threw Cannot set header "X-N": there is no line 0 of it',
  "an owned line": 'threw Cannot set header "Via": Legwork owns it',
  "an owned line removed": 'threw Cannot delete header "v": Legwork owns it',
  "an owned line before others":
    'threw Cannot prepend header "Route": Legwork owns it',
  "parameters": [
    'render;x-new="with space";flag',
    "render",
    "with space",
    "",
    null,
    'render;x-new="with space";flag',
    ["INVITE", "ACK", "BYE", "INFO"],
    null,
  ],
  "identities": [
    [
      ["A, B", "sip", 5061, "a", "b", "x", "sip:a@b:5061;user=x"],
      ["", "tel", null, "+49301", "", null, "tel:+49301"],
      ["", "tel", null, "+49302", "", null, "tel:+49302"],
    ],
    3,
    '"Bör \\"B\\"" <sip:+4930100@carrier.example:5070;user=phone>;x=1',
    null,
  ],
  "an identity as text": ["tel", "+4930100", ""],
  "an identity that was removed": "threw Cannot set value: it was removed",
  "two identities in place of one":
    'threw Cannot set address: "<sip:a@b>, <sip:c@d>" is not an address',
  "From as an address": 'threw Cannot set header "From": Legwork owns it',
  // RFC 5806 §4: the parameters of a diversion.
  "diversions": [
    "unconditional",
    1,
    "off",
    2,
    [
      "<sip:2@b>;reason=user-busy;counter=2;privacy=full",
      '"First" <sip:1@b>;reason="unconditional";counter=1;privacy=off',
    ],
  ],
  "a counter out of range":
    "threw Cannot set counter: found 100, wanted 1 to 99",
  // RFC 7044 §10.2 and RFC 4458: the two places of a cause.
  "history": [
    [["1", null, "1"], ["1.1", 302, "2"]],
    [
      "<sip:1@b;cause=486>;index=1",
      "<sip:2@b?Reason=SIP%3Bcause%3D302>;index=1.2",
    ],
  ],
  "privacy": [
    ["id", "header"],
    true,
    true,
    ["header;history", false],
    ["none", true],
    false,
  ],
  "reasons": [
    ["Q.850", 16, "Normal, really", "SIP"],
    ["q.850;cause=18", 'SIP;cause=486;text="Busy"', "X.1"],
  ],
  "body": ["text/plain", "grüße \0", true, 0, true],
  "a port that is no number": "refused",
};

for (const [step, expected] of Object.entries(RESULTS)) {
  Deno.test(`the outcome of a step: ${step}`, () => {
    const [text] = outcome(plain.inbound.INVITE as MessageHook, step);
    assertEquals(JSON.parse(text), expected);
  });
}

Deno.test("an edit of one part leaves the others byte for byte", () => {
  const [, text] = outcome(plain.inbound.INVITE as MessageHook, "parts");
  const body = text.slice(text.indexOf("preamble"));
  assertEquals(
    body,
    PARTS
      .replace(
        "m=audio 40000 RTP/AVP 9 8 0 18 101 13",
        "m=audio 4 RTP/AVP 8 101 13",
      )
      .replace("a=rtpmap:9 G722/8000\r\n", "")
      .replace("a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n", "")
      .replace("X-Part: 1\r\n", "X-Part: 2\r\nContent-ID: <1@x>\r\n")
      .replace("\x00\xff", fromText("grüße")),
  );
  const [, without] = outcome(
    plain.inbound.INVITE as MessageHook,
    "a part taken out",
  );
  assert(without.endsWith(`${OFFER}\r\n--frontier--\r\nepilogue`), without);
});

Deno.test("an edit of the SDP leaves all else byte for byte", () => {
  const [, text] = outcome(plain.inbound.INVITE as MessageHook, "sdp");
  assertEquals(
    text.slice(text.indexOf("\r\n\r\n") + 4),
    [
      "v=0",
      "o=- 1 2 IN IP4 192.0.2.10",
      "s=call",
      "c=IN IP4 192.0.2.99",
      "t=0 0",
      "a=group:BUNDLE 0",
      fromText("a=x-session:grüße"),
      "a=sendonly",
      "m=audio 50000 RTP/SAVP 0 8 101 13",
      "c=IN IP6 2001:db8::9",
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-16",
      "a=ptime:30",
      "a=recvonly",
      "m=video 0 RTP/AVP 96 97",
      "c=IN IP6 2001:db8::1",
      "a=rtpmap:96 H264/90000",
      "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1",
      "a=rtcp-fb:96 nack",
      "a=rtpmap:97 rtx/90000",
      "a=fmtp:97 apt=96",
      "",
    ].join("\r\n"),
  );
});

Deno.test("the sandbox has every member that the views have", () => {
  const draft = new MessageDraft(invite("sdp"));
  const [audio] = draft.sdp!.media;
  const views: Readonly<Record<string, object>> = {
    Address: draft.address("P-Asserted-Identity")!,
    Attributes: draft.sdp!.attributes,
    Codecs: audio!.codecs,
    Diversion: draft.diversions()[0]!,
    History: draft.history()[0]!,
    Media: audio!,
    Part: new MessageDraft(invite("parts")).parts[0]!,
    Privacy: draft.privacy,
    Reason: draft.reasons()[0]!,
    Uri: draft.uri,
    Value: draft.value("Allow")!,
  };
  for (const [kind, view] of Object.entries(views)) {
    const members = VIEW_MEMBERS[kind as keyof typeof VIEW_MEMBERS];
    assertEquals(
      [...new Set(members.map(([name]) => name))].sort(),
      memberNames(view),
      kind,
    );
  }
  const known = new Set(VIEW_MEMBERS.Message.map(([name]) => name));
  const own =
    "kind method status reason uri from to headers body journal changed finish";
  assertEquals(
    memberNames(draft).filter((name) => !known.has(name)),
    own.split(" ").sort(),
  );
});

/** What a view shows to a hook; protected members are found by TypeScript alone. */
function memberNames(view: object): string[] {
  const hidden = new Set([
    "write",
    "constructor",
    "item",
    "split",
    "address",
    "numberParam",
    "setNumberParam",
  ]);
  const names = new Set(Object.keys(view));
  for (
    let at: object = Object.getPrototypeOf(view);
    at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  return [...names].filter((name) => !hidden.has(name)).sort();
}

Deno.test("a call's editors can be read and refuse edits", async () => {
  const call = fakeCall({
    headers: [["Diversion", "<sip:1@b>;reason=no-answer"], [
      "Content-Type",
      "application/sdp",
    ]],
    body: OFFER,
  });
  const host = await ScriptHost.load(
    await testWorld(),
    memoryFiles({
      "route.ts": `export function onInvite(call) {
        const [diversion] = call.diversions();
        const refused = [
          () => { diversion.reason = "x"; },
          () => call.sdp.media[0].codecs.remove("PCMA"),
          () => call.privacy.add("id"),
          () => { call.from.user = "x"; },
        ].map((edit) => { try { edit(); return "done"; } catch (e) { return e.message; } });
        return { action: "reject", status: 480, reason: JSON.stringify([
          diversion.reason, call.sdp.media[0].codecs.has("PCMA"),
          call.headers.list("User-Agent"), new Set(refused).size, refused[0],
        ]) };
      }`,
    }),
    "route.ts",
  );
  const decision = await host.acquire().onInvite!(call);
  assert(decision !== undefined && decision.action === "reject");
  assertEquals(JSON.parse(decision.reason!), [
    "no-answer",
    true,
    ["phone/1.0"],
    1,
    "Cannot change call: it is read-only, messages are changed in inbound and outbound hooks",
  ]);
});

Deno.test("a view is of no use once its hook has returned", async () => {
  const host = await ScriptHost.load(
    await testWorld(),
    memoryFiles({
      "route.ts": `let kept; export const inbound = {
        INVITE: (message) => { kept = message.sdp.media[0]; kept.port = 1; },
        BYE: () => { kept.port = 2; },
        ACK: () => { kept.codecs.list(); },
      };`,
    }),
    "route.ts",
  );
  const { inbound } = host.acquire();
  const draft = new MessageDraft(invite("sdp"));
  inbound!.INVITE!(draft, fakeLeg());
  for (const method of ["BYE", "ACK"]) {
    let message = "";
    try {
      inbound![method]!(draft, fakeLeg());
    } catch (error) {
      message = String(error);
    }
    assert(/its hook has returned/.test(message), message);
  }
  assertEquals(draft.sdp!.media[0]!.port, 1);
});

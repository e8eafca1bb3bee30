import { assert, assertEquals } from "@std/assert";
import { toBytes } from "../../../core/message/bytes.ts";
import type { SipMessage } from "../../../core/message/message.ts";
import {
  type NameAddr,
  parseNameAddr,
} from "../../../core/message/name_addr.ts";
import {
  asksForFlow,
  canonicalInstance,
  flowIdentity,
  flowTimerOf,
  namesOutbound,
  withFlowIdentity,
} from "../../../core/message/outbound.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { parseSipUri } from "../../../core/message/uri.ts";

const URN = "urn:uuid:0C67446E-F1A1-11D9-94D3-000A95A0E128";

Deno.test("a Contact's instance and reg-id", () => {
  // draft-ietf-sip-outbound-03 §8, as RFC 5626 §9.1.
  const contact = nameAddr(
    `<sip:callee@10.0.1.1>;+sip.instance="<${URN}>";reg-id=1`,
  );
  assertEquals(flowIdentity(contact), { instance: URN, regId: 1 });
  for (const spelling of [`"${URN}"`, URN]) {
    assertEquals(
      flowIdentity(nameAddr(`<sip:a@b>;+sip.instance=${spelling}`)),
      { instance: URN, regId: undefined },
    );
  }
});

Deno.test("a reg-id is 1 to 2**31 - 1", () => {
  function regId(text: string): number | undefined {
    return flowIdentity(
      nameAddr(`<sip:a@b>;+sip.instance="<${URN}>";reg-id=${text}`),
    )?.regId;
  }
  assertEquals(regId("2147483647"), 2_147_483_647);
  for (const wrong of ["0", "2147483648", "-1", "1x", "99999999999"]) {
    assertEquals(regId(wrong), undefined, wrong);
  }
});

Deno.test("what is no instance is none", () => {
  for (
    const params of [
      "",
      ";reg-id=1",
      ";+sip.instance",
      ';+sip.instance=""',
      ';+sip.instance="<a b>"',
      `;+sip.instance="<urn:uuid:${"0".repeat(300)}>"`,
    ]
  ) {
    assertEquals(flowIdentity(nameAddr(`<sip:a@b>${params}`)), undefined);
  }
});

Deno.test("an identity is written as it is read", () => {
  const bare = nameAddr("<sip:a@b;ob>;expires=60");
  const both = { instance: URN, regId: 2 };
  assertEquals(
    String(withFlowIdentity(bare, both)),
    `<sip:a@b;ob>;expires=60;+sip.instance="<${URN}>";reg-id=2`,
  );
  assertEquals(flowIdentity(withFlowIdentity(bare, both)), both);
  const one = { instance: URN, regId: undefined };
  assertEquals(flowIdentity(withFlowIdentity(bare, one)), one);
});

Deno.test("instances are compared as URNs", () => {
  function same(a: string, b: string): boolean {
    return canonicalInstance(a) === canonicalInstance(b);
  }
  assert(same(URN, URN.toLowerCase()));
  assert(same("URN:Gsma:imei:1a", "urn:gsma:imei:1a"));
  assert(!same("urn:gsma:imei:1a", "urn:gsma:imei:1A"));
  assert(!same("device-1", "Device-1"));
});

Deno.test("ob, outbound and Flow-Timer", () => {
  assert(asksForFlow(parseSipUri("sip:a@b;transport=tcp;ob")!));
  assert(!asksForFlow(parseSipUri("sip:ob@ob")!));
  const response = message(
    "SIP/2.0 200 OK\r\nRequire: path, Outbound\r\nSupported: gruu\r\nFlow-Timer: 120\r\n\r\n",
  );
  assert(namesOutbound(response, "require"));
  assert(!namesOutbound(response, "supported"));
  assertEquals(flowTimerOf(response), 120);
  for (const wrong of ["0", "-1", "x", "", "1.5", "9999999999"]) {
    assertEquals(
      flowTimerOf(message(`SIP/2.0 200 OK\r\nFlow-Timer: ${wrong}\r\n\r\n`)),
      undefined,
    );
  }
});

function nameAddr(text: string): NameAddr {
  const parsed = parseNameAddr(text);
  assert(parsed !== undefined, text);
  return parsed;
}

function message(text: string): SipMessage {
  const parsed = parseMessage(toBytes(text));
  assert(parsed.ok, text);
  return parsed.message;
}

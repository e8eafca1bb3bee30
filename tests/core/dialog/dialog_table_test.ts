import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Dialog } from "../../../core/dialog/dialog.ts";
import {
  DialogTable,
  type DialogUsage,
} from "../../../core/dialog/dialog_table.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";

function usage(localTag: string, remoteTag: string, callId = "c"): DialogUsage {
  return {
    dialog: { localTag, remoteTag, callId } as Dialog,
    receive(): void {},
    receiveAck(): void {},
    receiveCancel(): void {},
    close(): void {},
  };
}

function bye(to: string, from: string, callId = "c"): SipRequest {
  const headers = new Headers().append("From", `<sip:a@x>${from}`)
    .append("To", `<sip:b@x>${to}`).append("Call-ID", callId);
  return new SipRequest("BYE", "sip:b@x", headers);
}

Deno.test("a dialog is found by both tags and the Call-ID, and by no two of them", () => {
  const table = new DialogTable();
  const one = usage("us", "them");
  table.add(one);
  assertStrictEquals(table.find(bye(";tag=us", ";tag=them")), one);
  assertEquals(table.find(bye(";tag=us", ";tag=other")), undefined);
  assertEquals(table.find(bye(";tag=other", ";tag=them")), undefined);
  assertEquals(table.find(bye(";tag=us", ";tag=them", "other")), undefined);
  assertEquals(table.find(bye("", ";tag=them")), undefined);
  assertEquals(table.find(bye(";tag=us", "")), undefined);
});

Deno.test("RFC 3261 section 12.2.2: a peer without a tag counts as one with an empty tag", () => {
  const table = new DialogTable();
  const one = usage("us", "");
  table.add(one);
  assertStrictEquals(table.find(bye(";tag=us", "")), one);
});

Deno.test("forks of one INVITE share our tag, and come and go by themselves", () => {
  const table = new DialogTable();
  const forks = [usage("us", "1"), usage("us", "2"), usage("us", "3")];
  const other = usage("we", "1");
  for (const one of [...forks, other]) table.add(one);
  assertEquals(table.size, 4);
  assertEquals(new Set(table.all()), new Set([...forks, other]));
  for (const [at, fork] of forks.entries()) {
    const found = table.find(bye(";tag=us", `;tag=${at + 1}`));
    assertStrictEquals(found, fork);
  }
  for (const [at, fork] of forks.entries()) {
    table.remove(fork);
    table.remove(fork);
    assertEquals(table.size, 3 - at);
    assertEquals(table.find(bye(";tag=us", `;tag=${at + 1}`)), undefined);
  }
  assertEquals(table.all(), [other]);
  table.remove(usage("we", "1"));
  assertEquals(table.size, 1);
  table.remove(other);
  assertEquals([table.size, table.all()], [0, []]);
});

import { assert, assertEquals } from "@std/assert";
import { fromText, toBytes } from "../../../core/message/bytes.ts";
import { ownerOf, workerMark } from "../../../core/transport/owner_scan.ts";

const N = 4;

function owner(text: string, workers = N): number {
  return ownerOf(new TextEncoder().encode(text), workers);
}

function request(
  method: string,
  fields: Partial<Record<"via" | "from" | "to" | "callId", string>> = {},
): string {
  const { via, from, to, callId } = fields;
  return `${method} sip:bob@example.com SIP/2.0\r\n` +
    `Via: ${via ?? "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx"}\r\n` +
    `From: ${from ?? '"A" <sip:a@example.com>;tag=abc'}\r\n` +
    `To: ${to ?? "<sip:bob@example.com>"}\r\n` +
    `Call-ID: ${callId ?? "1@192.0.2.1"}\r\nCSeq: 1 ${method}\r\n\r\n`;
}

function response(via: string): string {
  return request("INVITE", { via }).replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n");
}

Deno.test("a mark is short, and made of characters of a token", () => {
  assertEquals(workerMark(0), "w0-");
  assertEquals(workerMark(63), "w1r-");
});

Deno.test("a response belongs to the worker that wrote its top branch", () => {
  for (const worker of [0, 1, 3, 35, 36, 63]) {
    const mark = workerMark(worker);
    for (const branch of [`z9hG4bKa1.${mark}xyz`, `z9hG4bK${mark}xyz`]) {
      const via = `SIP/2.0/UDP 192.0.2.1:5060;rport=5060;branch=${branch}`;
      assertEquals(owner(response(via), 64), worker);
      assertEquals(owner(response(`${via};received=192.0.2.9`), 64), worker);
    }
  }
  const lower = "v: SIP/2.0/UDP 192.0.2.1 ; Branch=z9hG4bK0.w2-abc";
  assertEquals(owner(`SIP/2.0 100 Trying\r\n${lower}\r\n\r\n`), 2);
});

Deno.test("a second Via says nothing while the first has a branch of ours", () => {
  const via =
    "SIP/2.0/UDP a;branch=z9hG4bK0.w1-a, SIP/2.0/UDP b;branch=z9hG4bK0.w3-b";
  assertEquals(owner(response(via)), 1);
});

Deno.test("nor does a Via below one that is not ours", () => {
  const top = "SIP/2.0/UDP a;branch=z9hG4bKforeign";
  const below = `${top}\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK0.w3-b`;
  for (let call = 0; call < 8; call++) {
    // Spread as if there were no second one.
    const spread = (via: string): number =>
      owner(response(via).replace("1@192.0.2.1", `${call}@192.0.2.1`));
    assertEquals(spread(below), spread(top));
  }
});

Deno.test("line ends before a message belong to nobody, a method may be in small letters", () => {
  const bye = request("BYE", { to: "<sip:b@x>;tag=w3-1" });
  assertEquals(owner(`\r\n\r\n${bye}`), 3);
  assertEquals(owner(bye.replace(/BYE/g, "bye")), 3);
});

Deno.test("a request in a dialog belongs to the worker that made its To tag", () => {
  for (const method of ["ACK", "BYE", "INVITE", "INFO"]) {
    assertEquals(owner(request(method, { to: "<sip:b@x>;tag=w3-0123" })), 3);
    assertEquals(owner(request(method, { to: "sip:b@x ; TAG=w2-0123" })), 2);
  }
  const compact = "BYE sip:b@x SIP/2.0\r\nv:SIP/2.0/UDP y;branch=z9hG4bK1\r\n" +
    "f:<sip:a@x>;tag=1\r\nt:<sip:b@x>;tag=w1-00\r\ni:9\r\n\r\n";
  assertEquals(owner(compact), 1);
});

Deno.test("a tag within the address, a mark too high and a mark of another's are no marks", () => {
  const plain = owner(request("BYE"));
  for (
    const to of [
      "<sip:b@x;tag=w3-1>",
      "<sip:b@x>;tag=w4-1",
      "<sip:b@x>;tag=wzz-1",
      "<sip:b@x>;tag=w-1",
      "<sip:b@x>;tag=w1",
      "<sip:b@x>;tag=W1-1",
      "<sip:b@x>;tag=xw1-1",
      "<sip:b@x>;tag=",
    ]
  ) assertEquals(owner(request("BYE", { to })), plain);
});

Deno.test("an INVITE, its retransmission, CANCEL and ACK find one worker, whatever else differs", () => {
  for (let call = 0; call < 200; call++) {
    const same = {
      callId: `${call}@192.0.2.1`,
      from: `<sip:a@x>;tag=t${call}`,
    };
    const first = owner(request("INVITE", same));
    assert(first >= 0 && first < N);
    assertEquals(owner(request("CANCEL", same)), first);
    const via = `SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother${call}`;
    assertEquals(owner(request("INVITE", { ...same, via })), first);
    const to = "<sip:b@x>;tag=theirs";
    assertEquals(owner(request("ACK", { ...same, to })), first);
    const spaced = request("CANCEL", same).replace("Call-ID: ", "i :   ");
    assertEquals(owner(spaced), first);
  }
});

Deno.test("calls are spread evenly, those of one From tag and of one host too", () => {
  for (const workers of [2, 3, 4, 8]) {
    const counts = Array<number>(workers).fill(0);
    for (let call = 0; call < 4000; call++) {
      const callId = `${call}-77@127.0.0.1`;
      counts[owner(request("INVITE", { callId }), workers)]!++;
    }
    const mean = 4000 / workers;
    for (const count of counts) {
      assert(Math.abs(count - mean) < mean / 5, `${counts}`);
    }
  }
});

Deno.test("what is no SIP message is anybody's", () => {
  for (
    const text of ["", "\r\n\r\n", "\0\0\0\0", "jaK", "hello", "\xff123", "X"]
  ) assertEquals(owner(text), -1);
  assertEquals(ownerOf(new Uint8Array([0, 1, 0, 0, 0x21, 0x12]), N), -1);
});

Deno.test("no cut and no changed byte leads outside the workers", () => {
  const whole = toBytes(fromText(request("BYE", { to: "<sip:b>;tag=w3-1" })));
  for (let at = 0; at < whole.length; at++) {
    const cut = ownerOf(whole.subarray(0, at), N);
    assert(cut >= -1 && cut < N);
    for (const byte of [0, 10, 13, 58, 59, 119, 255]) {
      const changed = whole.slice();
      changed[at] = byte;
      const found = ownerOf(changed, N);
      assert(Number.isInteger(found) && found >= -1 && found < N);
    }
  }
});

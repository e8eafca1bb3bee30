/** RFC 3261 section 10.3, step by step; RFC 3327; RFC 5626 section 6. */

import { assert, assertEquals } from "@std/assert";
import type { LocationStore } from "../../../core/trunk/location_store.ts";
import { MemoryLocationStore } from "../../../core/trunk/memory_location_store.ts";
import {
  BOB,
  NOON_MS,
  RegistrarBed,
  tcpFlow,
  udpFlow,
} from "./registrar_bed.ts";

const INSTANCE = '+sip.instance="<urn:uuid:1>"';
const OUTBOUND = { Supported: "path, outbound" };

Deno.test("registrar step 1: it serves its domains, whatever the case, and no other", () => {
  const { registrar } = new RegistrarBed();
  const serves = (uri: string) =>
    registrar.serves(new RegistrarBed().request({ uri }));
  assertEquals(
    ["sip:example.com", "sip:EXAMPLE.com:5070", "sip:192.0.2.1", "sip:a.b"]
      .map(serves),
    [true, true, true, false],
  );
});

Deno.test("registrar step 4: another's address-of-record is 403", () => {
  // "If the authenticated user is not authorized to modify bindings, the registrar MUST return a 403 (Forbidden)".
  const bed = new RegistrarBed();
  const said = { contact: "<sip:a@b>", to: "sip:carol@example.com" };
  const bob = { username: "bob", password: "secret" };
  assertEquals(bed.login(said, bob).status, 403);
  const nobody = { contact: "<sip:a@b>", to: "sip:nobody@example.com" };
  assertEquals(bed.login(nobody, bob).status, 403);
  assertEquals(bed.registrar.table.size, 0);
});

Deno.test("registrar step 5: a foreign address-of-record is 404, a canonical form is the index", () => {
  // "If the address-of-record is not valid for the domain in the Request-URI, the registrar MUST send a 404".
  const bed = new RegistrarBed();
  const bob = { username: "bob", password: "secret" };
  const foreign = { contact: "<sip:a@b>", to: "sip:bob@other.example" };
  assertEquals(bed.login(foreign, bob).status, 404);
  // "all URI parameters MUST be removed (including the user-param), and any escaped characters MUST be converted to
  // their unescaped form."
  const odd = { contact: "<sip:a@b>", to: "sip:%62ob@192.0.2.1;user=phone" };
  assertEquals(bed.login(odd, bob).status, 200);
  assertEquals(bed.contacts("sip:bob@EXAMPLE.com"), ["sip:a@b"]);
});

Deno.test("registrar step 6: without Contact it lists what is bound", () => {
  // "The registrar checks whether the request contains the Contact header field. If not, it skips to the last step."
  const bed = new RegistrarBed();
  bed.register({ contact: "<sip:a@b>;q=0.5;x=y", expires: 600 });
  bed.clock.advance(10_000);
  const { status, headers } = bed.register({});
  assertEquals(status, 200);
  assertEquals(headers.getAll("Contact"), ["<sip:a@b>;expires=590;q=0.5;x=y"]);
  // Step 8: "The response SHOULD include a Date header field."
  assertEquals(headers.get("Date"), new Date(NOON_MS + 10_000).toUTCString());
});

Deno.test("registrar step 6: * removes all, alone and with Expires 0 only", () => {
  const bed = new RegistrarBed();
  bed.register({ contact: ["<sip:a@b>", "<sip:c@d>"] });
  // "If the request has additional Contact fields or an expiration time other than zero, the request is invalid, and the
  // server MUST return a 400 (Invalid Request) and skip the remaining steps."
  for (
    const wrong of [
      { contact: ["*", "<sip:a@b>"], expires: 0 },
      { contact: "*", expires: 1 },
      { contact: "*" },
      { contact: "*", expires: "x" },
    ]
  ) assertEquals(bed.register(wrong).status, 400, JSON.stringify(wrong));
  assertEquals(bed.contacts().length, 2);
  const { status, headers } = bed.register({ contact: "*", expires: 0 });
  assertEquals([status, headers.getAll("Contact")], [200, []]);
  assertEquals(bed.registrar.table.size, 0);
});

Deno.test("registrar step 6: * with an old CSeq removes nothing", () => {
  // "If it does agree, it MUST remove the binding only if the CSeq in the request is higher than the value stored for that
  // binding. Otherwise, the update MUST be aborted and the request fails."
  const bed = new RegistrarBed();
  bed.register({ contact: "<sip:a@b>", callId: "x", cseq: 7 });
  bed.register({ contact: "<sip:c@d>", callId: "y", cseq: 1 });
  const late = { contact: "*", expires: 0, callId: "x", cseq: 7 };
  assertEquals(bed.register(late).status, 500);
  assertEquals(bed.contacts().length, 2);
  assertEquals(bed.register({ ...late, cseq: 8 }).status, 200);
  assertEquals(bed.contacts(), []);
});

Deno.test("registrar step 7: the expiration is the Contact's, the header's, or ours", () => {
  const bed = new RegistrarBed({ settings: { defaultExpiresSeconds: 1_800 } });
  const expires = (contact: string, header?: string | number) => {
    const { headers } = bed.register({
      contact,
      ...(header === undefined ? {} : { expires: header }),
    });
    return /expires=(\d+)/.exec(headers.getAll("Contact").at(-1) ?? "")?.[1];
  };
  assertEquals(expires("<sip:1@b>;expires=700", 800), "700");
  assertEquals(expires("<sip:2@b>", 800), "800");
  assertEquals(expires("<sip:3@b>"), "1800");
  // "The registrar MAY choose an expiration less than the requested expiration interval."
  assertEquals(expires("<sip:4@b>;expires=99999999999999999999"), "3600");
  assertEquals(expires("<sip:5@b>", "soon"), "3600");
  assertEquals(expires("<sip:6@b>;expires=-1", 800), "3600");
});

Deno.test("registrar step 7: too short an interval is 423 with Min-Expires", () => {
  // "If and only if the requested expiration interval is greater than zero AND smaller than one hour AND less than a
  // registrar-configured minimum".
  const bed = new RegistrarBed();
  const { status, headers } = bed.register({ contact: "<sip:a@b>;expires=59" });
  // "This response MUST contain a Min-Expires header field".
  assertEquals([status, headers.get("Min-Expires")], [423, "60"]);
  // Nothing of it takes effect.
  const both = ["<sip:a@b>;expires=600", "<sip:c@d>;expires=5"];
  assertEquals(bed.register({ contact: both }).status, 423);
  assertEquals(bed.contacts(), []);
  assertEquals(bed.register({ contact: "<sip:a@b>;expires=60" }).status, 200);
});

Deno.test("registrar step 7: bindings are found by the URI comparison rules", () => {
  // "For each address, the registrar then searches the list of current bindings using the URI comparison rules."
  const bed = new RegistrarBed();
  bed.register({ contact: "<sip:a@HOST.example;transport=tcp>" });
  bed.register({ contact: "<sip:%61@host.example;transport=TCP>" });
  assertEquals(bed.contacts(), ["sip:%61@host.example;transport=TCP"]);
  bed.register({ contact: "<sip:a@host.example>" });
  assertEquals(bed.contacts().length, 2);
  bed.register({ contact: "<sip:a@host.example>;expires=0" });
  assertEquals(bed.contacts(), ["sip:%61@host.example;transport=TCP"]);
  // Removing what is not there is no fault.
  const gone = bed.register({ contact: "<sip:z@host.example>;expires=0" });
  assertEquals(gone.status, 200);
});

Deno.test("registrar step 7: an update out of order is aborted", () => {
  // "If the value is higher than that of the existing binding, it MUST update or remove the binding as above. If not, the
  // update MUST be aborted and the request fails."
  const bed = new RegistrarBed();
  bed.register({ contact: "<sip:a@b>;q=0.1", callId: "x", cseq: 5 });
  const late = bed.register({
    contact: "<sip:a@b>;q=0.9",
    callId: "x",
    cseq: 4,
  });
  assertEquals(late.status, 500);
  assertEquals(bed.registrar.find("bob")[0]?.q, 100);
  // "If the Call-ID value in the existing binding differs from the Call-ID value in the request, the binding MUST be
  // removed if the expiration time is zero and updated otherwise."
  bed.register({ contact: "<sip:a@b>;q=0.9", callId: "y", cseq: 1 });
  assertEquals(bed.registrar.find("bob")[0]?.q, 900);
});

Deno.test("registrar step 7: one Contact twice in one request is one binding", () => {
  const bed = new RegistrarBed();
  const contact = ["<sip:a@b>;q=0.1", "<sip:a@b>;q=0.2"];
  assertEquals(bed.register({ contact }).status, 200);
  assertEquals(bed.registrar.find("bob").map(({ q }) => q), [200]);
});

Deno.test("registrar step 7: all of a request or nothing, also when the store fails", () => {
  // "If any one of them fails (for example, because the back-end database commit failed), the request MUST fail with a 500
  // (Server Error) response and all tentative binding updates MUST be removed."
  const store: LocationStore = {
    load: () => [],
    commit: () => {
      throw new Error("disk full");
    },
    close: () => {},
  };
  const bed = new RegistrarBed({ store });
  assertEquals(bed.register({ contact: "<sip:a@b>" }).status, 500);
  assertEquals(bed.contacts(), []);
  assertEquals(bed.observer.counters.get("registrar_store_failed"), 1);
});

Deno.test("registrar: requests for one address-of-record wait for a store that takes its time, in order", async () => {
  // "REGISTER requests MUST be processed by a registrar in the order that they are received."
  const waiting: (() => void)[] = [];
  const store: LocationStore = {
    load: () => [],
    commit: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => {},
  };
  const bed = new RegistrarBed({ store });
  const first = bed.answers({ contact: "<sip:a@b>" });
  const second = bed.answers({ contact: "<sip:c@d>" });
  const others = Array.from(
    { length: 8 },
    (_, i) => bed.answers({ contact: `<sip:${i}@x>`, expires: 600 }),
  );
  // "committed (that is, made visible to the proxy or redirect server)": not yet.
  assertEquals([first.length, bed.contacts()], [0, []]);
  assertEquals(others.at(-1)?.[0]?.status, 500, "too many wait");
  while (waiting.length > 0) {
    waiting.shift()!();
    // The store's promise, the commit's, the turn's.
    for (let i = 0; i < 8; i++) await Promise.resolve();
  }
  assertEquals([first[0]?.status, second[0]?.status], [200, 200]);
  assertEquals(second[0]?.headers.getAll("Contact").length, 2);
  assertEquals(bed.contacts().length, 9);
});

Deno.test("registrar: a connection that closes while the store is busy takes nothing that came meanwhile", async () => {
  const waiting: (() => void)[] = [];
  const store: LocationStore = {
    load: () => [],
    commit: () => new Promise((resolve) => waiting.push(resolve)),
    close: () => {},
  };
  const settle = async () => {
    waiting.shift()?.();
    for (let i = 0; i < 8; i++) await Promise.resolve();
  };
  const bed = new RegistrarBed({ store });
  const flow = tcpFlow();
  const contact = `<sip:a@10.0.0.1>;${INSTANCE};reg-id=1`;
  bed.answers({ contact, headers: OUTBOUND, flow });
  await settle();
  bed.answers({ contact: "<sip:later@b>" });
  bed.registrar.flowClosed(flow);
  const removed = bed.registrar.remove("bob", "sip:nobody@x");
  for (let i = 0; i < 3; i++) await settle();
  assertEquals([bed.contacts(), await removed], [["sip:later@b"], 0]);
});

Deno.test("registrar step 8: what ran out is gone, and takes no timer to go", () => {
  const bed = new RegistrarBed();
  bed.register({ contact: "<sip:a@b>;expires=60" });
  bed.register({ contact: "<sip:c@d>;expires=120" });
  bed.clock.advance(60_000);
  assertEquals(bed.contacts(), ["sip:c@d"]);
  assertEquals(bed.clock.pending, 0);
  bed.clock.advance(7_200_000);
  assertEquals([bed.contacts(), [...bed.registrar.table.all()]], [[], []]);
  bed.registrar.table.sweep();
  assertEquals(bed.registrar.table.size, 0);
});

Deno.test("registrar: bounds of an address-of-record, of a source, of all", () => {
  const bed = new RegistrarBed({
    settings: { maxContacts: 2, maxPerSource: 3, maxBindings: 4 },
  });
  const status = (to: string, host = "192.0.2.9") =>
    bed.register({
      contact: `<sip:${Math.random()}@x>`,
      to: `sip:${to}@example.com`,
      flow: udpFlow(host),
    }).status;
  assertEquals([status("a"), status("a"), status("a")], [200, 200, 403]);
  assertEquals([status("b"), status("b")], [200, 503]);
  assertEquals([status("c", "192.0.2.8"), status("d", "192.0.2.8")], [
    200,
    503,
  ]);
  const { counters } = bed.observer;
  assertEquals(
    ["registrar_aor_full", "registrar_source_full", "registrar_full"]
      .map((name) => counters.get(name)),
    [1, 1, 1],
  );
  // What has run out makes room.
  bed.clock.advance(3_600_000);
  assertEquals(status("d"), 200);
});

Deno.test("registrar: malformed Contacts are 400 and change nothing", () => {
  const bed = new RegistrarBed();
  const torture = [
    "<sip:a@b>;q=-0.5",
    "<sip:a@b>;q=1.5",
    "<sip:a@b>;q=abc",
    "<sip:a@b",
    "sip:a@b>",
    '"unclosed <sip:a@b>',
    "<>",
    "<sip:>",
    "sip:a@b c",
    `<sip:${"a".repeat(3_000)}@b>`,
    Array.from({ length: 1_000 }, (_, i) => `<sip:${i}@b>`),
  ];
  for (const contact of torture) {
    const { status } = bed.register({ contact });
    assertEquals(status, 400, String(contact).slice(0, 40));
  }
  assertEquals(bed.contacts(), []);
});

Deno.test("Path (RFC 3327) is kept with its Contact and told to who knows it", () => {
  const bed = new RegistrarBed();
  const Path = "<sip:p2.example;lr>, <sip:p1.example;lr>";
  const headers = { Path, Supported: "path" };
  const answer = bed.register({ contact: "<sip:a@b>", headers, proxies: 2 });
  const path = ["<sip:p2.example;lr>", "<sip:p1.example;lr>"];
  assertEquals(answer.headers.getAll("Path"), path);
  assertEquals(bed.registrar.find("bob")[0]?.path, path);
  const silent = bed.register({ contact: "<sip:c@d>", headers: { Path } });
  assertEquals(silent.headers.getAll("Path"), []);
  const wrong = { contact: "<sip:c@d>", headers: { Path: "<p1>" } };
  assertEquals(bed.register(wrong).status, 400);

  const strict = new RegistrarBed({ settings: { path: "strict" } });
  const refused = strict.register({ contact: "<sip:c@d>", headers: { Path } });
  assertEquals(
    [refused.status, refused.headers.get("Unsupported")],
    [420, "path"],
  );
  const off = new RegistrarBed({ settings: { path: "off" } });
  off.register({ contact: "<sip:c@d>", headers });
  assertEquals(off.registrar.find("bob")[0]?.path, []);
});

Deno.test("RFC 5626 §6: instance and reg-id are the binding, the Contact URI is not", () => {
  const bed = new RegistrarBed({ settings: { flowTimerSeconds: 120 } });
  const register = (contact: string) =>
    bed.register({ contact, headers: OUTBOUND });
  const first = register(`<sip:a@10.0.0.1:1>;${INSTANCE};reg-id=1`);
  assertEquals(first.headers.get("Require"), "outbound");
  assertEquals(first.headers.get("Flow-Timer"), "120");
  register(`<sip:a@10.0.0.1:2>;${INSTANCE};reg-id=1`);
  assertEquals(bed.contacts(), ["sip:a@10.0.0.1:2"]);
  register(`<sip:a@10.0.0.1:2>;${INSTANCE};reg-id=2`);
  assertEquals(bed.contacts().length, 2);
  // One REGISTER registers one flow.
  const two = bed.register({
    contact: [`<sip:a@b>;${INSTANCE};reg-id=3`, "<sip:c@d>"],
    headers: OUTBOUND,
  });
  assertEquals(two.status, 400);
  // reg-id without an instance counts for nothing, nor does it without outbound.
  const plain = register("<sip:z@10.0.0.1>;reg-id=1");
  assertEquals(plain.headers.has("Require"), false);
  bed.register({ contact: `<sip:y@10.0.0.1>;${INSTANCE};reg-id=1` });
  assertEquals(bed.contacts().length, 4);
  const gone = register(`<sip:a@10.0.0.1:9>;${INSTANCE};reg-id=1;expires=0`);
  assertEquals(gone.headers.getAll("Contact").length, 3);
});

Deno.test("RFC 5626 §6: a first hop that keeps no flows is 439", () => {
  const bed = new RegistrarBed();
  const contact = `<sip:a@10.0.0.1>;${INSTANCE};reg-id=1`;
  const via = (Path?: string) =>
    bed.register({
      contact,
      proxies: 1,
      headers: { ...OUTBOUND, ...(Path === undefined ? {} : { Path }) },
    });
  assertEquals(via().status, 439);
  assertEquals(via("<sip:p.example;lr>").status, 439);
  assertEquals(bed.contacts(), []);
  const { status, headers } = via("<sip:p.example;lr;ob>");
  assertEquals([status, headers.get("Require")], [200, "outbound"]);
  assertEquals(headers.has("Flow-Timer"), false);
});

Deno.test("RFC 5626: a connection that closes takes its flow with it, and nothing else", () => {
  const bed = new RegistrarBed();
  const flow = tcpFlow();
  const other = tcpFlow("192.0.2.9", 40_001);
  const register = (regId: number, flow: ReturnType<typeof tcpFlow>) =>
    bed.register({
      contact: `<sip:a@10.0.0.1;transport=tcp>;${INSTANCE};reg-id=${regId}`,
      headers: OUTBOUND,
      flow,
    });
  register(1, flow);
  register(2, other);
  bed.register({ contact: "<sip:plain@10.0.0.1;transport=tcp>", flow });
  bed.registrar.flowClosed(flow);
  assertEquals(
    bed.registrar.find("bob").map(({ regId, contact }) => regId ?? contact),
    [2, "sip:plain@10.0.0.1;transport=tcp"],
  );
  assertEquals(bed.observer.counters.get("registrar_flows_lost"), 1);
});

Deno.test("a registrar takes up what its store held", async () => {
  const store = new MemoryLocationStore();
  const first = new RegistrarBed({ store });
  first.register({ contact: "<sip:a@b>;expires=60" });
  first.register({ contact: "<sip:c@d>;expires=600" });
  const second = new RegistrarBed({ store });
  second.clock.advance(60_000);
  await second.registrar.open();
  assertEquals(second.contacts(), ["sip:c@d"]);
  const at = { host: "192.0.2.9", port: 5060 };
  const binding = second.registrar.bindingAt(at, "udp:192.0.2.1:5060");
  assertEquals(binding?.aor, BOB);
});

Deno.test("what is bound can be removed by hand", async () => {
  const bed = new RegistrarBed();
  bed.register({ contact: ["<sip:a@b>", "<sip:c@d>"] });
  assertEquals(await bed.registrar.remove("bob", "sip:x@y"), 0);
  assertEquals(await bed.registrar.remove("bob", "sip:a@b"), 1);
  assertEquals(bed.contacts(), ["sip:c@d"]);
  assertEquals(await bed.registrar.remove("aor:bob@example.com"), 1);
  assertEquals(await bed.registrar.remove("bob"), 0);
  assert(bed.registrar.table.size === 0);
});

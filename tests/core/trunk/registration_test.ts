import { assertEquals, assertMatch } from "@std/assert";
import { RegistrationBed, uri } from "./registration_bed.ts";

const CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth"';

Deno.test("registration: the first REGISTER says who, where and for how long", () => {
  const bed = new RegistrationBed();
  const register = bed.start();
  // RFC 3261 §10.2: 'The "userinfo" and "@" components of the SIP URI MUST NOT be present.'
  assertEquals(register.uri, "sip:192.0.2.11");
  assertEquals(register.to?.uri, "sip:me@carrier.example");
  assertEquals(register.from?.uri, "sip:me@carrier.example");
  assertEquals(register.headers.get("Expires"), "600");
  assertEquals(
    register.headers.get("Contact"),
    "<sip:me@192.0.2.1:5060;line=0123456789abcdef>",
  );
  assertEquals(bed.state.state, "registering");
  bed.answer(200);
  assertEquals(bed.state.state, "registered");
  assertEquals(bed.state.expiresInSeconds, 600);
  assertEquals(bed.observer.lines, ["registered sip:192.0.2.11"]);
  bed.assertNothingLeft();
});

Deno.test("registration: refreshed before it runs out, on the same Call-ID with the next CSeq, over hours", () => {
  const bed = new RegistrationBed();
  const first = bed.start();
  bed.answer(200);
  for (let refresh = 2; refresh < 40; refresh++) {
    const afterSeconds = bed.untilNext();
    assertEquals(afterSeconds >= 405 && afterSeconds <= 451, true);
    // RFC 3261 §10.2: "All registrations from a UAC SHOULD use the same Call-ID header field value for registrations sent
    // to a particular registrar." "A UA MUST increment the CSeq value by one for each REGISTER request with the same
    // Call-ID."
    assertEquals(bed.last.callId, first.callId);
    assertEquals(bed.last.cseq?.number, refresh);
    bed.answer(200);
    assertEquals(bed.state.state, "registered");
  }
  assertEquals(bed.observer.lines.length, 1);
  bed.assertNothingLeft();
});

Deno.test("registration: a challenge is answered once, its nonce counted on, a stale one replaced", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(401, [CHALLENGE]);
  assertMatch(bed.last.headers.get("Authorization") ?? "", /nc=00000001/);
  assertEquals(bed.last.cseq?.number, 2);
  bed.answer(200);
  bed.untilNext();
  assertMatch(bed.last.headers.get("Authorization") ?? "", /nc=00000002/);
  bed.answer(401, [
    'WWW-Authenticate: Digest realm="r", nonce="n2", qop="auth", stale=true',
  ]);
  const credentials = bed.last.headers.get("Authorization") ?? "";
  assertMatch(credentials, /nonce="n2".*nc=00000001/);
  bed.answer(200);
  assertEquals(bed.state.state, "registered");
  bed.assertNothingLeft();
});

Deno.test("registration: of several challenges the strongest known is answered", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(401, [
    'WWW-Authenticate: Digest realm="r", nonce="a", qop="auth", algorithm=SHA-3',
    'WWW-Authenticate: Digest realm="r", nonce="b", qop="auth", algorithm=MD5',
    'WWW-Authenticate: Digest realm="r", nonce="c", qop="auth", algorithm=SHA-512-256',
    'WWW-Authenticate: Digest realm="r", nonce="d", qop="auth", algorithm=SHA-256',
  ]);
  assertMatch(bed.last.headers.get("Authorization") ?? "", /nonce="c"/);
  bed.assertNothingLeft();
});

Deno.test("registration: a wrong password is not tried again but after minutes, and ever later", () => {
  const bed = new RegistrationBed();
  bed.start();
  const waits: number[] = [];
  for (let round = 0; round < 5; round++) {
    const sent = bed.transport.sent.length;
    bed.answer(401, [CHALLENGE.replace("n1", `a${round}`)]);
    if (bed.transport.sent.length > sent) {
      bed.answer(401, [CHALLENGE.replace("n1", `b${round}`)]);
    }
    assertEquals(bed.state.state, "waiting");
    waits.push(bed.untilNext());
  }
  // RFC 5626 §4.5: "a uniform random time between 50 and 100% of the upper-bound wait time".
  for (const [at, most] of [600, 1200, 1800, 1800, 1800].entries()) {
    assertEquals(waits[at]! >= most / 2 && waits[at]! <= most + 1, true);
  }
  // One line for all of it.
  assertEquals(bed.observer.lines, ["registration failed sip:192.0.2.11 401"]);
  bed.assertNothingLeft();
});

Deno.test("registration: without an account a 401 is a refusal", () => {
  const bed = new RegistrationBed({ account: undefined });
  bed.start();
  bed.answer(401, [CHALLENGE]);
  assertEquals(bed.takeWays(), ["11 1"]);
  assertEquals(bed.state.state, "waiting");
  assertEquals(bed.state.lastStatus, 401);
  bed.assertNothingLeft();
});

Deno.test("registration: 423 raises the interval, once and for later", () => {
  const bed = new RegistrationBed();
  bed.start();
  // RFC 3261 §10.2.8: "it MAY retry the registration after making the expiration interval of all contact addresses in the
  // REGISTER request equal to or greater than the expiration interval within the Min-Expires header field".
  bed.answer(423, ["Min-Expires: 1800"]);
  assertEquals(bed.last.headers.get("Expires"), "1800");
  bed.answer(200);
  assertEquals(bed.state.expiresInSeconds, 1800);
  bed.untilNext();
  assertEquals(bed.last.headers.get("Expires"), "1800");
  bed.answer(200);
  bed.assertNothingLeft();
});

Deno.test("registration: a 423 that raises nothing, or raises again and again, is a refusal", () => {
  for (const lines of [[], ["Min-Expires: 600"], ["Min-Expires: many"]]) {
    const bed = new RegistrationBed();
    bed.start();
    bed.answer(423, lines);
    assertEquals(bed.takeWays(), ["11 1"]);
    assertEquals(bed.state.state, "waiting");
    bed.assertNothingLeft();
  }
  const bed = new RegistrationBed();
  bed.start();
  for (const least of [700, 800, 900]) {
    bed.answer(423, [`Min-Expires: ${least}`]);
  }
  assertEquals(bed.takeWays(), ["11 1", "11 2", "11 3"]);
  assertEquals(bed.state.state, "waiting");
  bed.assertNothingLeft();
});

Deno.test("registration: each refusal rests for minutes, each passing trouble for half a one", () => {
  const rows: readonly [number, number, number][] = [
    [400, 300, 600],
    [403, 300, 600],
    [404, 300, 600],
    [405, 300, 600],
    [420, 300, 600],
    [501, 300, 600],
    [603, 300, 600],
    [408, 30, 60],
    [480, 30, 60],
    [500, 30, 60],
    [503, 30, 60],
    [504, 30, 60],
  ];
  for (const [status, least, most] of rows) {
    const bed = new RegistrationBed();
    bed.start();
    bed.answer(status);
    const { state, retryInSeconds = 0, lastStatus } = bed.state;
    assertEquals(state, "waiting");
    assertEquals(lastStatus, status);
    assertEquals(retryInSeconds >= least && retryInSeconds <= most, true);
    bed.assertNothingLeft();
  }
});

Deno.test("registration: Retry-After makes the wait longer, never shorter, and at most a day", () => {
  const rows: readonly [string, number, number][] = [
    ["120 (maintenance);duration=60", 120, 120],
    ["1", 30, 60],
    ["99999999", 86_400, 86_400],
    ["soon", 30, 60],
  ];
  for (const [text, least, most] of rows) {
    const bed = new RegistrationBed();
    bed.start();
    bed.answer(503, [`Retry-After: ${text}`]);
    const { retryInSeconds = 0 } = bed.state;
    assertEquals(retryInSeconds >= least && retryInSeconds <= most, true);
    bed.assertNothingLeft();
  }
});

Deno.test("registration: silence is a timeout, and what is bound stays bound until it runs out", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(200);
  bed.untilNext();
  bed.seconds(32);
  assertEquals(bed.state.state, "registered");
  assertEquals(bed.state.lastStatus, 408);
  bed.seconds(200);
  assertEquals(bed.state.state === "registered", false);
  assertEquals(bed.counted("registration_expired"), 1);
  assertEquals(bed.observer.lines.slice(0, 3), [
    "registered sip:192.0.2.11",
    "registration was not refreshed sip:192.0.2.11 408",
    "registration lost sip:192.0.2.11 it ran out",
  ]);
  bed.assertNothingLeft();
});

Deno.test("registration: a refused refresh ends it at once, a passing one does not", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(200, ["Service-Route: <sip:edge.example;lr>"]);
  bed.untilNext();
  bed.answer(500);
  assertEquals(bed.state.state, "registered");
  bed.untilNext();
  // RFC 3608 §6.1: "If the re-registration request is refused [...] the UA SHOULD discard any stored service route".
  bed.answer(403);
  assertEquals(bed.state.state, "waiting");
  const server = uri("sip:192.0.2.11");
  assertEquals(bed.registrations.wayTo("carrier", server), undefined);
  bed.assertNothingLeft();
});

Deno.test("registration: a 3xx is followed, in turn and five times at most", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(302, ["Contact: <sip:x@192.0.2.21>, <sip:192.0.2.22?a=b>"]);
  assertEquals(bed.last.uri, "sip:192.0.2.21");
  bed.answer(500);
  assertEquals(bed.last.uri, "sip:192.0.2.22");
  bed.answer(200);
  assertEquals(bed.state.state, "registered");
  bed.untilNext();
  assertEquals(bed.last.uri, "sip:192.0.2.22");
  for (let loop = 0; loop < 10; loop++) {
    bed.answer(302, ["Contact: <sip:192.0.2.21>"]);
  }
  assertEquals(bed.counted("registration_requests"), 4 + 5);
  bed.assertNothingLeft();
});

Deno.test("registration: taken back with Expires 0, never with a star", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(200);
  bed.registrations.stop({ unregister: true });
  assertEquals(bed.registrations.busy, true);
  // RFC 3261 §10.2.2: "A UA requests the immediate removal of a binding by specifying an expiration interval of "0" for
  // that contact address in a REGISTER request."
  assertEquals(bed.last.headers.get("Expires"), "0");
  assertMatch(bed.last.headers.get("Contact") ?? "", /^<sip:me@/);
  bed.answer(401, [CHALLENGE]);
  bed.answer(200);
  assertEquals(bed.registrations.busy, false);
  assertEquals(bed.state.state, "stopped");
  assertEquals(bed.observer.lines.at(-1), "unregistered sip:192.0.2.11");
  bed.assertNothingLeft();
});

Deno.test("registration: stopped while REGISTER is on its way, what it brings is taken back", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.registrations.stop({ unregister: true });
  bed.answer(200);
  assertEquals(bed.last.headers.get("Expires"), "0");
  bed.answer(500);
  assertEquals(bed.registrations.busy, false);
  bed.assertNothingLeft();
});

Deno.test("registration: not taken back where the settings have it so", () => {
  const bed = new RegistrationBed({ unregisterOnDrain: false });
  bed.start();
  bed.answer(200);
  bed.takeWays();
  bed.registrations.stop({ unregister: true });
  bed.seconds(3600);
  assertEquals(bed.takeWays(), []);
  bed.assertNothingLeft();
});

Deno.test("registration: seen elsewhere, the Contact is corrected once, the old one gone in the same breath", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(200, ["Via: ;received=198.51.100.7;rport=40001"]);
  assertEquals(
    bed.last.headers.get("Contact"),
    "<sip:me@198.51.100.7:40001;line=0123456789abcdef>, " +
      "<sip:me@192.0.2.1:5060;line=0123456789abcdef>;expires=0",
  );
  // Behind a NAT that shows each request anew there is no end to it: once is enough.
  bed.answer(200, ["Via: ;received=198.51.100.7;rport=40002"]);
  assertEquals(bed.takeWays(), ["11 1", "11 2"]);
  assertEquals(bed.state.state, "registered");
  assertEquals(
    bed.registrations.sentByOn(bed.flowTo("192.0.2.11")),
    "198.51.100.7:40001",
  );
  bed.assertNothingLeft();
});

Deno.test("registration: not corrected where local says so, an address is advertised, or a port is a connection's", () => {
  const seen = ["Via: ;received=198.51.100.7;rport=40001"];
  const local = new RegistrationBed({ contact: "local" });
  local.start();
  local.answer(200, seen);
  assertEquals(local.takeWays(), ["11 1"]);
  local.assertNothingLeft();

  const tcp = new RegistrationBed({
    registrars: [uri("sip:192.0.2.11;transport=tcp")],
  });
  const register = tcp.start();
  assertMatch(register.headers.get("Contact") ?? "", /;transport=tcp;line=/);
  tcp.answer(200, ["Via: ;received=192.0.2.1;rport=40001"]);
  assertEquals(tcp.takeWays(), ["11 1"]);
  tcp.assertNothingLeft();
});

Deno.test("registration: odd answers of registrars", () => {
  const rows: readonly [string[], number | undefined][] = [
    // No Contact at all: Expires, or what was asked for.
    [["bare:", "Expires: 120"], 120],
    [["bare:"], 600],
    // Ours among others', in another case, with the port left out, without its parameter.
    [
      ["Contact: <sip:you@h>;expires=5, <sip:me@192.0.2.1:5060>;expires=90"],
      90,
    ],
    [["Contact: <sip:ME@192.0.2.1>;expires=90"], 90],
    [["Contact: <sip:me@10.0.0.1:99;LINE=0123456789abcdef>;expires=90"], 90],
    [["Contact: sip:me@192.0.2.1:5060;expires=90"], 90],
    // Bound for ever, or for what is no number.
    [["Contact: <sip:me@192.0.2.1:5060>;expires=99999999"], 86_400],
    [["Contact: <sip:me@192.0.2.1:5060>;expires=long"], 3600],
    // Only others': its 2xx is taken at its word.
    [["Contact: <sip:you@h>;expires=5"], 600],
    // Not bound at all.
    [["Contact: <sip:me@192.0.2.1:5060>;expires=0"], undefined],
  ];
  for (const [lines, seconds] of rows) {
    const bed = new RegistrationBed();
    bed.start();
    bed.answer(200, lines);
    assertEquals(bed.state.expiresInSeconds, seconds, lines.join());
    bed.assertNothingLeft();
  }
});

Deno.test("registration: a registrar that binds for a second is not asked each second", () => {
  const bed = new RegistrationBed();
  bed.start();
  bed.answer(200, ["Expires: 1", "bare:"]);
  bed.takeWays();
  bed.run(4_000);
  assertEquals(bed.takeWays(), []);
  bed.assertNothingLeft();
});

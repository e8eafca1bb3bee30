import { assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  addCredentials,
  Authenticator,
  AuthRound,
} from "../../../core/dialog/authenticator.ts";
import { HeaderLine, Headers } from "../../../core/message/headers.ts";
import { SipRequest, SipResponse } from "../../../core/message/message.ts";

function bed(): {
  authenticator: Authenticator;
  learn(round: AuthRound, ...challenges: string[]): boolean;
  signed(headers?: Headers): string[];
} {
  const authenticator = new Authenticator(
    { username: "u", password: "p" },
    seededRandom(1),
  );
  return {
    authenticator,
    learn: (round, ...challenges) => {
      const headers = new Headers();
      for (const one of challenges) headers.append("WWW-Authenticate", one);
      const response = new SipResponse(401, "Unauthorized", headers);
      return authenticator.learn(response, round);
    },
    signed: (headers = new Headers()) => {
      authenticator.sign(new SipRequest("INVITE", "sip:a@b", headers));
      return headers.getAll("Authorization");
    },
  };
}

Deno.test("nothing is signed before a challenge", () => {
  assertEquals(bed().signed(), []);
});

Deno.test("the nonce count rises with each request, the cnonce stays", () => {
  const { learn, signed } = bed();
  learn(new AuthRound(), 'Digest realm="r", nonce="n", qop="auth"');
  const [first, second] = [signed()[0], signed()[0]];
  const counts = [first, second].map((value) => /nc=(\d+)/.exec(value!)?.[1]);
  assertEquals(counts, ["00000001", "00000002"]);
  const cnonces = [first, second].map((value) =>
    /cnonce="(\w+)"/.exec(value!)?.[1]
  );
  assertEquals(cnonces[0], cnonces[1]);
});

Deno.test("the strongest challenge of a realm is answered, of equals the topmost", () => {
  const { learn, signed } = bed();
  learn(
    new AuthRound(),
    'Digest realm="r", nonce="1"',
    'Digest realm="r", nonce="2", algorithm=SHA-256',
    'Digest realm="r", nonce="3", algorithm=SHA-256',
    'Digest realm="r", nonce="4", algorithm=SHA-1',
    'Basic realm="r"',
  );
  assertEquals(signed().map((value) => value.includes('nonce="2"')), [true]);
});

Deno.test("credentials just refused are not tried again, unless only the nonce was stale", () => {
  // §22.1: "MUST NOT re-attempt requests with the credentials that have just been rejected (though the request may be
  // retried if the nonce was stale)."
  const { learn } = bed();
  const refused = new AuthRound();
  assertEquals(learn(refused, 'Digest realm="r", nonce="1"'), true);
  assertEquals(learn(refused, 'Digest realm="r", nonce="2"'), false);
  const stale = new AuthRound();
  assertEquals(learn(stale, 'Digest realm="r", nonce="3"'), true);
  for (const expected of [true, false]) {
    assertEquals(
      learn(stale, 'Digest realm="r", nonce="4", stale=true'),
      expected,
    );
  }
  const other = new AuthRound();
  assertEquals(learn(other, 'Digest realm="r", nonce="5"'), true);
  assertEquals(learn(other, 'Digest realm="s", nonce="6"'), true);
  assertEquals(learn(other, 'Digest realm="t", nonce="7"'), false);
});

Deno.test("no more realms are kept than a path may have", () => {
  const { learn, signed } = bed();
  const many = Array.from(
    { length: 40 },
    (_, at) => `Digest realm="r${at}", nonce="n"`,
  );
  assertEquals(learn(new AuthRound(), ...many), true);
  assertEquals(signed().length, 4);
  assertEquals(learn(new AuthRound(), 'Digest realm="x", nonce="n"'), false);
});

Deno.test("what credentials add to a request is known before it is sent", () => {
  const { authenticator, learn, signed } = bed();
  assertEquals(authenticator.bytes, 0);
  const nonce = "n".repeat(500);
  learn(
    new AuthRound(),
    `Digest realm="r", nonce="${nonce}", qop="auth", algorithm=SHA-512-256`,
  );
  const { length } = `Authorization: ${signed()[0]}`;
  assertEquals(authenticator.bytes >= length, true);
  assertEquals(authenticator.bytes < length + 150, true);
});

Deno.test("what cannot be answered is not learned", () => {
  const { learn, signed } = bed();
  assertEquals(learn(new AuthRound()), false);
  assertEquals(learn(new AuthRound(), 'Basic realm="r"'), false);
  assertEquals(signed(), []);
});

Deno.test("our credentials take the place of others for the same realm", () => {
  const headers = new Headers()
    .append("Authorization", 'Digest username="x", realm="r"')
    .append("Authorization", 'Digest username="x", realm="s"')
    .append("Proxy-Authorization", 'Digest username="x", realm="r"');
  addCredentials(headers, [
    HeaderLine.of("Authorization", 'Digest username="u", realm="r"'),
  ]);
  assertEquals(headers.lines.map(({ raw }) => raw), [
    'Authorization: Digest username="x", realm="s"',
    'Proxy-Authorization: Digest username="x", realm="r"',
    'Authorization: Digest username="u", realm="r"',
  ]);
});

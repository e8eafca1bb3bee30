import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { fromText } from "../../../core/message/bytes.ts";
import {
  digestCredentials,
  digestStrength,
  parseChallenge,
  realmOf,
} from "../../../core/message/digest.ts";

function responseOf(credentials: string): string | undefined {
  return /response="([^"]*)"/.exec(credentials)?.[1];
}

function answer(
  challenge: string,
  parts:
    & { password: string }
    & Partial<
      Parameters<typeof digestCredentials>[1]
    >,
): string {
  const parsed = parseChallenge(challenge);
  if (parsed === undefined) return "cannot be answered";
  return digestCredentials(parsed, {
    username: "Mufasa",
    method: "GET",
    uri: "/dir/index.html",
    count: 1,
    cnonce: "0a4f113b",
    ...parts,
  });
}

Deno.test("the example of RFC 2617 §3.5", () => {
  const credentials = answer(
    'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
      'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    { password: "Circle Of Life" },
  );
  assertEquals(
    credentials,
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
      'uri="/dir/index.html", response="6629fae49393a05397450978507c4ef1", cnonce="0a4f113b", qop=auth, ' +
      'nc=00000001, opaque="5ccc069c403ebaf9f0171e9517f40e41"',
  );
});

Deno.test("the examples of RFC 7616 §3.9.1: SHA-256, and MD5 for older clients", () => {
  const rest = 'realm="http-auth@example.org", qop="auth, auth-int", ' +
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const parts = {
    password: "Circle of Life",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  };
  assertEquals(
    responseOf(answer(`Digest ${rest}, algorithm=MD5`, parts)),
    "8ca523f5e9506fed4657c9700eebdbec",
  );
  assertEquals(
    responseOf(answer(`Digest ${rest}, algorithm=SHA-256`, parts)),
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  );
});

Deno.test("the example of RFC 7616 §3.9.2: SHA-512-256 and a hashed user name", () => {
  const credentials = answer(
    'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, ' +
      'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", ' +
      'opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
    {
      username: fromText("J\u00e4s\u00f8n Doe"),
      password: "Secret, or not?",
      uri: "/doe.json",
      cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    },
  );
  // What the RFC prints is made with the first half of SHA-512, which is not SHA-512/256: erratum 4897.
  assertEquals(
    createHash("sha512").update("J\u00e4s\u00f8n Doe:api@example.org")
      .digest("hex").slice(0, 64),
    "488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec",
  );
  assertEquals(
    /username="([^"]*)"/.exec(credentials)?.[1],
    "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b",
  );
  assertEquals(
    responseOf(credentials),
    "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
  );
  assertEquals(credentials.endsWith(", userhash=true"), true);
});

Deno.test("without qop there is neither cnonce nor nc", () => {
  // RFC 2617 §3.2.2: cnonce and nc "MUST NOT be specified if the server did not send a qop directive".
  const credentials = answer('Digest realm="r", nonce="n"', { password: "p" });
  assertEquals(/cnonce|nc=|qop|algorithm|opaque/.test(credentials), false);
  const [a1, a2] = ["Mufasa:r:p", "GET:/dir/index.html"].map(md5);
  assertEquals(responseOf(credentials), md5(`${a1}:n:${a2}`));
});

Deno.test("the session key of MD5-sess is made of nonce and cnonce", () => {
  const credentials = answer(
    'digest realm="r", nonce="n", algorithm=md5-SESS, qop=auth',
    { password: "p", cnonce: "c", count: 255 },
  );
  const key = md5(`${md5("Mufasa:r:p")}:n:c`);
  assertEquals(
    responseOf(credentials),
    md5(`${key}:n:000000ff:c:auth:${md5("GET:/dir/index.html")}`),
  );
  assertEquals(credentials.includes("algorithm=md5-SESS"), true);
});

Deno.test("a challenge is read whatever its case, spaces and quotes", () => {
  const challenge = parseChallenge(
    'DIGEST\tnonce = "a,\\"b" ,Realm="", STALE=TRUE,domain="sip:x", algorithm="SHA-256", qop=""',
  );
  assertEquals(challenge, {
    realm: "",
    nonce: 'a,\\"b',
    opaque: undefined,
    algorithm: "SHA-256",
    spelling: "SHA-256",
    session: false,
    qop: false,
    stale: true,
    userhash: false,
  });
});

Deno.test("what is malformed or asks for what we cannot do is no challenge", () => {
  const many = Array.from({ length: 40 }, (_, at) => `x${at}=1`).join(", ");
  for (
    const value of [
      "",
      "Digest",
      "Digest ",
      'Basic realm="r"',
      'Digest realm="r"',
      'Digest nonce="n"',
      'Digest realm="r", nonce=""',
      'Digest realm="r", nonce="n',
      'Digest realm="r" nonce="n"',
      'Digest realm="r", nonce="n",',
      'Digest realm="r", nonce="n", realm="s"',
      'Digest realm="r", nonce="n", =x',
      'Digest realm="r", nonce="n", Digest realm="s", nonce="m"',
      'Digest realm="r", nonce="n", opaque="\\\r"',
      'Digest realm="r", nonce="n", algorithm=SHA-1',
      'Digest realm="r", nonce="n", qop="auth-int"',
      'Digest realm="r", nonce="n", algorithm=MD5-sess',
      `Digest realm="r", nonce="n", ${many}`,
      `Digest realm="r", nonce="${"n".repeat(5_000)}"`,
    ]
  ) assertEquals(parseChallenge(value), undefined, value.slice(0, 60));
});

Deno.test("SHA-512-256 is stronger than SHA-256, and that than MD5", () => {
  const strengths = ["MD5", "SHA-256", "SHA-512-256"].map((algorithm) => {
    const value = `Digest realm="r", nonce="n", algorithm=${algorithm}`;
    const challenge = parseChallenge(value);
    return challenge && digestStrength(challenge);
  });
  assertEquals(strengths, [0, 1, 2]);
});

Deno.test("the realm of credentials, where it can be read", () => {
  assertEquals(realmOf('Digest username="a", realm="r"'), "r");
  assertEquals(realmOf("Bearer abc"), undefined);
  assertEquals(realmOf("Digest"), undefined);
});

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

/** Who may register, and who keeps guessing. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { FailureWatch } from "../../../core/trunk/failure_watch.ts";
import { Nonces } from "../../../core/trunk/nonces.ts";
import { RegistrarBed, udpFlow, user } from "./registrar_bed.ts";

const SAID = { contact: "<sip:a@b>" };
const BOB = { username: "bob", password: "secret" };

Deno.test("registrar step 3: 401 offers SHA-256, then MD5, and takes either", () => {
  // "A registrar SHOULD authenticate the UAC."
  const bed = new RegistrarBed();
  const { status, headers } = bed.ask(SAID);
  const offered = headers.getAll("WWW-Authenticate");
  assertEquals(status, 401);
  assertEquals(
    offered.map((value) => /algorithm=(\S+)/.exec(value)?.[1]),
    ["SHA-256", "MD5"],
  );
  for (const value of offered) {
    assertEquals(
      /^Digest realm="example\.com", .*qop="auth"/.test(value),
      true,
    );
    const said = new RegistrarBed();
    const challenge = said.ask(SAID).headers;
    const one = challenge.clone();
    if (value.endsWith("MD5")) {
      one.replace(one.lines[0]!, undefined);
    }
    assertEquals(said.ask(SAID, said.credentials(one, SAID, BOB)).status, 200);
  }
});

Deno.test("a nonce serves again, each count once, and for a while", () => {
  const bed = new RegistrarBed();
  const { headers } = bed.ask(SAID);
  const ask = (nc: number) =>
    bed.ask(SAID, bed.credentials(headers, SAID, { ...BOB, nc }));
  assertEquals([ask(1).status, ask(2).status, ask(9).status], [200, 200, 200]);
  // RFC 7616 §3.4: a count that was seen before is a replay.
  const replay = ask(9);
  assertEquals(replay.status, 401);
  assertEquals(
    replay.headers.get("WWW-Authenticate")?.endsWith("stale=true"),
    true,
  );
  bed.clock.advance(300_001);
  assertEquals(
    ask(10).headers.get("WWW-Authenticate")?.endsWith("stale=true"),
    true,
  );
  assertEquals(bed.observer.counters.get("registrar_auth_failures"), undefined);
});

Deno.test("nonces of another process, or made up, are challenged anew and not held against anybody", () => {
  const bed = new RegistrarBed();
  const { headers } = bed.ask(SAID);
  const right = bed.credentials(headers, SAID, BOB);
  const forged = right.replace(/nonce="[^"]*"/, 'nonce="000000000000.a.b"');
  const answer = bed.ask(SAID, forged);
  assertEquals(answer.status, 401);
  assertEquals(
    answer.headers.get("WWW-Authenticate")?.includes("stale"),
    false,
  );
  for (
    const odd of [
      "Basic Ym9iOnNlY3JldA==",
      "Digest",
      right.replace("qop=auth", "qop=auth-int"),
      right.replace('realm="example.com"', 'realm="other"'),
      right.replace(/nc=\d+/, "nc=1"),
      right.replace("SHA-256", "SHA-1"),
    ]
  ) assertEquals(bed.ask(SAID, odd).status, 401, odd);
  assertEquals(bed.observer.counters.get("registrar_auth_failures"), undefined);
});

Deno.test("an unknown user is told the same as one with a wrong password", () => {
  const answers = ["bob", "nobody"].map((username) => {
    const bed = new RegistrarBed();
    const said: string[] = [];
    for (let i = 0; i < 8; i++) {
      const { status, headers } = bed.login(SAID, {
        username,
        password: `guess${i}`,
      });
      said.push(
        `${status} ${
          headers.lines.map(({ raw }) => raw.replace(/nonce="[^"]*"/, ""))
        }`,
      );
    }
    return said;
  });
  assertEquals(answers[0], answers[1]);
});

Deno.test("guessing gets slower, and a wait lets not even the right password through", () => {
  const bed = new RegistrarBed();
  const guess = (password: string) =>
    bed.login(SAID, { username: "bob", password });
  for (let i = 0; i < 6; i++) assertEquals(guess(`${i}`).status, 401);
  // RFC 3261 §21.5.4: 503 with Retry-After.
  const held = guess("secret");
  assertEquals([held.status, held.headers.get("Retry-After")], [503, "2"]);
  bed.clock.advance(2_000);
  assertEquals(guess("6").status, 401);
  assertEquals(guess("secret").headers.get("Retry-After"), "4");
  bed.clock.advance(6_000);
  assertEquals(guess("secret").status, 200);
  const { counters } = bed.observer;
  assertEquals(counters.get("registrar_auth_failures"), 7);
  assertEquals(counters.get("registrar_auth_held"), 2);
  assertEquals(counters.get("registrar_guessers"), 1);
});

Deno.test("guesses of others do not keep out who is registered, nor does one device its neighbours behind a NAT", () => {
  const users = new Map([user("bob"), user("carol")]);
  const bed = new RegistrarBed({
    settings: {
      users,
      perSource: {
        free: 3,
        firstWaitSeconds: 60,
        longestWaitSeconds: 60,
        forgetSeconds: 600,
      },
    },
  });
  const from = (host: string) => ({ ...SAID, flow: udpFlow(host) });
  assertEquals(bed.login(from("192.0.2.9"), BOB).status, 200);
  const wrong = { username: "bob", password: "guess" };
  for (let i = 0; i < 3; i++) bed.login(from("192.0.2.66"), wrong);
  for (let i = 0; i < 3; i++) {
    bed.login(from("192.0.2.66"), { ...wrong, username: `x${i}` });
  }
  // A source is held whatever the name it tries.
  const other = { ...from("192.0.2.66"), to: "sip:carol@example.com" };
  assertEquals(
    bed.login(other, { ...BOB, username: "carol" }).status,
    503,
  );
  for (let i = 0; i < 9; i++) {
    bed.login(from("192.0.2.9"), { ...wrong, username: `y${i}` });
  }
  assertEquals(bed.login(from("192.0.2.9"), BOB).status, 200);
  // Guesses at its name from its own address are.
  for (let i = 0; i < 6; i++) bed.login(from("192.0.2.9"), wrong);
  assertEquals(bed.login(from("192.0.2.9"), BOB).status, 503);
});

Deno.test("what is remembered of guesses and nonces is bounded", () => {
  const clock = new TimerWheel(0);
  const watch = new FailureWatch(clock, {
    free: 1,
    firstWaitSeconds: 10,
    longestWaitSeconds: 30,
    forgetSeconds: 100,
  }, { most: 3 });
  for (const key of ["a", "b", "c", "d"]) watch.failed(key);
  assertEquals([watch.size, watch.waitSeconds("a")], [3, 0]);
  assertEquals(watch.failed("b").waitSeconds, 10);
  assertEquals(watch.failed("b").waitSeconds, 20);
  assertEquals(watch.failed("b").waitSeconds, 30);
  clock.advance(100_000);
  assertEquals(watch.failed("b").waitSeconds, 0);

  const nonces = new Nonces({ clock, random: seededRandom(1) }, {
    lifeSeconds: 10,
    most: 2,
  });
  const made = [nonces.make(), nonces.make(), nonces.make()] as const;
  assertNotEquals(made[0], made[1]);
  for (const nonce of made) assertEquals(nonces.use(nonce, 1), "fresh");
  // The first was forgotten: that it comes again cannot be told from a replay.
  assertEquals([nonces.size, nonces.use(made[0], 2)], [2, "stale"]);
  assertEquals(nonces.use(made[2], 2), "fresh");
});

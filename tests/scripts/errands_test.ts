/** What hooks that may wait can reach: several wait at once, all on a virtual clock and a network that is none. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MemoryStore } from "../../core/base/memory_store.ts";
import { ScriptFault } from "../../scripts/fault.ts";
import type { HttpRequest, HttpResponse } from "../../scripts/http.ts";
import { fakeCall, fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript, type TestWorld } from "./world.ts";

type Reply = HttpResponse | Error | undefined;

/** A network that answers as it is told, at once; undefined: never. */
class FakeHttp {
  readonly requests: HttpRequest[] = [];
  aborted = 0;

  constructor(readonly reply: (request: HttpRequest) => Reply) {}

  exchange(
    request: HttpRequest,
    { signal }: { signal: AbortSignal },
  ): Promise<HttpResponse> {
    this.requests.push(request);
    const reply = this.reply(request);
    if (reply instanceof Error) return Promise.reject(reply);
    if (reply !== undefined) return Promise.resolve(reply);
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        this.aborted++;
        reject(new Error("aborted"));
      });
    });
  }
}

function ok(body: string, headers: Record<string, string> = {}): HttpResponse {
  return { status: 200, headers, body };
}

function reach(world: TestWorld, http: FakeHttp): Partial<TestWorld> {
  const rules = {
    hosts: ["crm.example", "*.cdn.example", "127.0.0.1:8080"],
    timeoutMs: 2_000,
    maxBytes: 1_000,
  };
  return {
    reach: { http: { port: http, rules }, store: new MemoryStore(world.clock) },
  };
}

async function hook(
  body: string,
  reply: (request: HttpRequest) => Reply = () => ok("{}"),
  hookMs = 1_000,
) {
  const http = new FakeHttp(reply);
  const script = await loadScript(
    `import { fetch, reject, route, sleep, store } from "legwork";
export async function onInvite(call) {
  ${body}
}`,
    { hookMs },
    (world) => reach(world, http),
  );
  const policy = script.host.acquire();
  const { clock } = script.world;
  return {
    script,
    policy,
    http,
    clock,
    invite: (call = fakeCall()) => Promise.resolve(policy.onInvite!(call)),
    /** Nothing is left: no timer, no errand, no hook that waits. */
    assertNothingLeft(): void {
      const { waiting, errands } = script.host.statistics();
      assertEquals([waiting, errands, clock.pending], [0, 0, 0]);
      script[Symbol.dispose]();
      assertEquals(
        script.world.observer.counters.get("script_engine_leaks"),
        undefined,
      );
    },
  };
}

/** Lets promises settle that wait for no time. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("sleep waits on the clock, several calls at once", async () => {
  const test = await hook(
    `await sleep(Number(call.from.user)); return route("t" + call.from.user);`,
  );
  const order: unknown[] = [];
  for (const user of ["300", "100", "200"]) {
    test.invite(fakeCall({ user })).then((decision) => order.push(decision));
  }
  assertEquals(test.script.host.revision.sandbox.waiting, 3);
  for (const ms of [99, 100, 200, 300]) {
    test.clock.advance(ms);
    await settled();
  }
  assertEquals(order, [
    { action: "route", targets: ["t100"] },
    { action: "route", targets: ["t200"] },
    { action: "route", targets: ["t300"] },
  ]);
  test.assertNothingLeft();
});

Deno.test("fetch asks an allowed host and reads what it says", async () => {
  const test = await hook(
    `const answer = await fetch("https://crm.example/find?n=" + call.from.user, {
      method: "post", headers: { Accept: "application/json" }, body: "x",
    });
    const { target } = await answer.json();
    return reject(answer.ok ? target : 500, answer.headers.get("X-Why") + answer.status + answer.url + answer.headers.get("constructor"));`,
    () => ok(`{"target":486}`, { "x-why": "busy" }),
  );
  assertEquals(await test.invite(), {
    action: "reject",
    status: 486,
    reason: "busy200https://crm.example/find?n=alicenull",
  });
  assertEquals(test.http.requests, [{
    url: "https://crm.example/find?n=alice",
    method: "POST",
    headers: { Accept: "application/json" },
    body: "x",
  }]);
  test.assertNothingLeft();
});

const REFUSED_URLS: Readonly<Record<string, string>> = {
  "https://evil.example/": "evil.example is not in script_fetch.hosts",
  "https://crm.example:8443/": "crm.example:8443 is not in script_fetch.hosts",
  "http://127.0.0.1/": "127.0.0.1 is not in script_fetch.hosts",
  "https://cdn.example/": "cdn.example is not in script_fetch.hosts",
  "https://crm.example.evil.example/":
    "crm.example.evil.example is not in script_fetch.hosts",
  "https://crm.example@evil.example/":
    "evil.example is not in script_fetch.hosts",
  "file:///etc/passwd": "file: is neither http: nor https:",
  "nonsense": '"nonsense" is not a URL',
};

for (const [url, why] of Object.entries(REFUSED_URLS)) {
  Deno.test(`fetch does not reach ${url}`, async () => {
    const test = await hook(
      `try { await fetch(${
        JSON.stringify(url)
      }); } catch (e) { return reject(403, e.name + ": " + e.message); }`,
    );
    assertEquals(await test.invite(), {
      action: "reject",
      status: 403,
      reason: `FetchError: Cannot fetch ${url}: ${why}`,
    });
    assertEquals(test.http.requests.length, 0);
    test.assertNothingLeft();
  });
}

Deno.test("redirections are followed to allowed hosts, without credentials to others", async () => {
  const places: Readonly<Record<string, string>> = {
    "https://crm.example/": "/two",
    "https://crm.example/two": "http://127.0.0.1:8080/three",
  };
  const test = await hook(
    `const { url, status } = await fetch("https://crm.example/", { method: "POST", body: "b", headers: { Authorization: "secret" } });
     return reject(400 + status - 200, url);`,
    ({ url }) => {
      const location = places[url];
      if (location === undefined) return ok("");
      const status = url.endsWith("two") ? 303 : 307;
      return { status, headers: { location }, body: "" };
    },
  );
  assertEquals(await test.invite(), {
    action: "reject",
    status: 400,
    reason: "http://127.0.0.1:8080/three",
  });
  assertEquals(
    test.http.requests.map(({ method, headers, body }) => [
      method,
      "Authorization" in headers,
      body,
    ]),
    [["POST", true, "b"], ["POST", true, "b"], ["GET", false, undefined]],
  );
  test.assertNothingLeft();
});

const FAILURES: readonly [name: string, reply: Reply, why: string][] = [
  ["a redirection elsewhere", {
    status: 302,
    headers: { location: "https://evil.example/" },
    body: "",
  }, "evil.example is not in script_fetch.hosts"],
  ["a redirection in circles", {
    status: 302,
    headers: { location: "/" },
    body: "",
  }, "more than 5 redirections"],
  [
    "a network that fails",
    new Error("connection refused"),
    "connection refused",
  ],
];

for (const [name, reply, why] of FAILURES) {
  Deno.test(`fetch rejects: ${name}`, async () => {
    const test = await hook(
      `await fetch("http://crm.example/");`,
      () => reply,
    );
    await assertRejects(test.invite, ScriptFault, why);
    test.assertNothingLeft();
  });
}

Deno.test("a server that is silent is given up in time", async () => {
  const test = await hook(
    `try { await fetch("http://crm.example/"); } catch (e) { return reject(504, e.message); }`,
    () => undefined,
  );
  const outcome = test.invite();
  test.clock.advance(2_000);
  assertEquals(await outcome, {
    action: "reject",
    status: 504,
    reason: "Cannot fetch http://crm.example/: no response in 2000 ms",
  });
  assertEquals(test.http.aborted, 1);
  test.assertNothingLeft();
});

Deno.test("store is shared by calls", async () => {
  const test = await hook(`
    const user = call.from.user;
    const n = await store.increment("calls", 1, { expiresSeconds: 60 });
    const first = await store.compareAndSet("first", undefined, { user });
    await store.set("last", [user], { expiresSeconds: 1 });
    const was = await store.get("first");
    return reject(400 + n, [first, was.user, (await store.get("last"))[0], await store.get("gone"), await store.delete("gone")].join());
  `);
  const reasons = [];
  for (const user of ["a", "b"]) {
    const decision = await test.invite(fakeCall({ user }));
    if (decision?.action === "reject") {
      reasons.push(`${decision.status} ${decision.reason}`);
    }
  }
  assertEquals(reasons, ["401 true,a,a,,false", "402 false,a,b,,false"]);
  test.assertNothingLeft();
});

Deno.test("what a hook has not waited for ends with it", async () => {
  const test = await hook(
    `fetch("http://crm.example/").then(() => {}); sleep(100); return reject(400);`,
    () => undefined,
  );
  assertEquals((await test.invite())?.action, "reject");
  assertEquals(test.http.aborted, 1);
  test.assertNothingLeft();
});

Deno.test("when its call is over a hook is dropped with all it waits for", async () => {
  const test = await hook(
    `await Promise.all([fetch("http://crm.example/"), sleep(1000)]); throw new Error("late");`,
    () => undefined,
  );
  const call = fakeCall();
  const other = fakeCall();
  let settledHooks = 0;
  for (const each of [call, call, other]) {
    test.invite(each).catch(() => {}).then(() => settledHooks++);
  }
  assertEquals(test.script.host.statistics().errands, 6);
  test.policy.forget!(call);
  assertEquals(test.script.host.statistics().errands, 2);
  assertEquals(test.http.aborted, 2);
  test.policy.forget!(other);
  test.clock.advance(10_000);
  await settled();
  assertEquals(settledHooks, 0);
  assertEquals(
    test.script.world.observer.counters.get("script_faults"),
    undefined,
  );
  test.assertNothingLeft();
});

Deno.test("a hook that may not wait is told so", async () => {
  using script = await loadScript(
    `import { fetch, sleep, store } from "legwork";
    let late;
    export const inbound = {
      INVITE: () => { sleep(1); },
      BYE: () => { store.get("a"); },
      INFO: () => { fetch("http://crm.example/"); },
    };
    export function onInvite(call) { late = () => store.get("a"); return Promise.resolve().then(() => {}); }
    export const outbound = { ACK: () => { late(); } };
    `,
    {},
    (world) => reach(world, new FakeHttp(() => undefined)),
  );
  const { inbound, outbound } = script.host.acquire();
  const hooks = [inbound!.INVITE!, inbound!.BYE!, inbound!.INFO!];
  for (const [index, what] of ["sleep", "store", "fetch"].entries()) {
    const fault = assertThrows(
      () => hooks[index]!(new FakeMessage(), fakeLeg()),
      ScriptFault,
      `WaitError: Cannot use ${what}: this hook may not wait`,
    );
    assertEquals(fault.position?.file, "route.ts");
  }
  await script.host.acquire().onInvite!(fakeCall());
  assertThrows(
    () => outbound!.ACK!(new FakeMessage(), fakeLeg()),
    ScriptFault,
    "may not wait",
  );
});

Deno.test("what is denied is told so, by name", async () => {
  using script = await loadScript(
    `import { fetch, log, sleep, store } from "legwork";
    export async function onInvite(call) {
      const said = [];
      const tries = [() => fetch("http://crm.example/"), () => store.get("a"), () => sleep(1), () => call.vars.x];
      for (const each of tries) {
        try { await each(); } catch (e) { said.push(e.name); }
      }
      log("not heard");
      return { action: "reject", status: 400, reason: said.join() };
    }`,
    {},
    () => ({ denied: ["store", "sleep", "log", "vars"] }),
  );
  assertEquals(await script.host.acquire().onInvite!(fakeCall()), {
    action: "reject",
    status: 400,
    reason: "DeniedError,DeniedError,DeniedError,TypeError",
  });
  assertEquals(script.world.observer.records, []);
});

Deno.test("errands of one hook are bounded, at once and in all", async () => {
  const test = await hook(`
    const names = [];
    try { for (let i = 0; i < 50; i++) sleep(1); } catch (e) { names.push(e.name); }
    await sleep(0).catch(() => {});
    return reject(400, names.join());
  `);
  await assertRejects(test.invite, ScriptFault, "16 of this hook");
  test.assertNothingLeft();
  const other = await hook(
    `for (;;) await store.set("a", 1);`,
  );
  await assertRejects(
    other.invite,
    ScriptFault,
    "LimitError: Cannot use store: more than 100 times in one hook",
  );
  assertEquals(
    other.script.world.observer.counters.get("script_limit_errands"),
    1,
  );
  other.assertNothingLeft();
});

Deno.test("a value too large for the store is refused", async () => {
  const test = await hook(`await store.set("a", "x".repeat(70_000));`);
  await assertRejects(test.invite, ScriptFault, "LimitError");
  test.assertNothingLeft();
});

Deno.test("a loop after an errand ends its own call's hook alone", async () => {
  const test = await hook(
    `await sleep(10); if (call.from.user === "bad") for (;;); return route("pbx");`,
    () => undefined,
    50,
  );
  const bad = assertRejects(
    () => test.invite(fakeCall({ user: "bad" })),
    ScriptFault,
    "took longer than",
  );
  const good = test.invite();
  test.clock.advance(10);
  await bad;
  assertEquals((await good)?.action, "route");
  assertEquals(test.script.host.revision.sandbox.dead, false);
  test.assertNothingLeft();
});

Deno.test("errands of thousands of calls leave no memory behind", async () => {
  const test = await hook(
    `await Promise.all([sleep(1), fetch("http://crm.example/")]);`,
    () => undefined,
  );
  const { sandbox } = test.script.host.revision;
  const before = sandbox.memoryBytes;
  for (let i = 0; i < 3_000; i++) {
    const call = fakeCall();
    test.invite(call);
    test.policy.forget!(call);
  }
  assertEquals(sandbox.memoryBytes, before);
  test.assertNothingLeft();
});

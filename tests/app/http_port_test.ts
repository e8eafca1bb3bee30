import { assertEquals, assertRejects } from "@std/assert";
import { HTTP_PORT } from "../../app/http_port.ts";

function serve(answer: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    answer,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function get(url: string) {
  return { url, method: "GET", headers: { "x-a": "b" }, body: undefined };
}

Deno.test("a request crosses the network, a redirection comes back as it is", async () => {
  await using server = serve(async (request) =>
    new Response(
      `${request.method} ${request.headers.get("x-a")} ${await request
        .text()} ü`,
      { status: 302, headers: { Location: "/elsewhere" } },
    )
  );
  const signal = new AbortController().signal;
  const response = await HTTP_PORT.exchange(
    { ...get(server.url), method: "POST", body: "text" },
    { maxBytes: 100, signal },
  );
  assertEquals(response.status, 302);
  assertEquals(response.headers["location"], "/elsewhere");
  assertEquals(response.body, "POST b text ü");
});

Deno.test("a response that is too large is not taken in", async () => {
  await using server = serve(() => new Response("x".repeat(101)));
  await assertRejects(
    () =>
      HTTP_PORT.exchange(get(server.url), {
        maxBytes: 100,
        signal: new AbortController().signal,
      }),
    RangeError,
    "larger than 100 bytes",
  );
});

Deno.test("a request is given up when it is told to", async () => {
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using server = serve(async () => {
    asked.resolve();
    await release.promise;
    return new Response("late");
  });
  const abort = new AbortController();
  const outcome = HTTP_PORT.exchange(get(server.url), {
    maxBytes: 100,
    signal: abort.signal,
  });
  await asked.promise;
  abort.abort();
  await assertRejects(() => outcome);
  release.resolve();
});

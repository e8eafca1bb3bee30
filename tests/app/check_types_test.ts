import { assertEquals, assertMatch } from "@std/assert";
import { Folder, legwork } from "./support/cli.ts";

async function checked(script: string): Promise<string[]> {
  using folder = new Folder({ "route.ts": script });
  const { err } = await legwork(["check", "route.ts"], { cwd: folder.path });
  return err.filter((line) => line.startsWith("route.ts"));
}

Deno.test("check names a decision that the hook cannot take, at the word that takes it", async () => {
  const [line] = await checked(
    `import { type Call, drop, reject } from "legwork";
export async function onInvite(call: Call) {
  if (call.trunk === undefined) return reject(403);
  return await Promise.resolve(drop());
}
`,
  );
  assertMatch(
    line ?? "",
    /^route\.ts:4:10: onInvite decides drop, wanted .*redirect, reject or route$/,
  );
});

Deno.test("check tells what is wrong with types, line by line", async () => {
  assertEquals(
    await checked(`import { type Call, route } from "legwork";
export function onInvite(call: Call) {
  const user: number = call.from.user;
  return route(call.xyzzy);
}
`),
    [
      "route.ts:3:9: Type 'string' is not assignable to type 'number'",
      "route.ts:4:21: Property 'xyzzy' does not exist on type 'CallView'",
    ],
  );
});

Deno.test("check leaves parameters without types alone, and knows console", async () => {
  assertEquals(
    await checked(`import { reject, route } from "legwork";
export function onInvite(call) {
  console.log(call.id);
  if (call.from.user === "anonymous") return reject(433);
  return route("pbx");
}
export const outbound = {
  "*": (message) => { message.headers.set("User-Agent", "x"); },
};
`),
    [],
  );
});

Deno.test("check names a wrong decision of a message hook, and lets it return what decides nothing", async () => {
  const lines = await checked(
    `import { type Message, next } from "legwork";
export const inbound = {
  "INVITE": (message: Message) => message.headers.delete("X"),
  "INFO": (_message: Message) => next(),
};
`,
  );
  assertMatch(
    lines.join("\n"),
    /^route\.ts:4:34: inbound\["INFO"\] decides next, wanted answer, drop or reject$/,
  );
});

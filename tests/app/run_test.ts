/** A running Legwork as an operator meets it: its first line, a script that is saved, signals. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Phone } from "../../app/demo/phone.ts";
import type { PhoneCall } from "../../app/demo/phone_call.ts";
import { SystemClock } from "../../app/system_clock.ts";
import { SystemRandom } from "../../app/system_random.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import { UdpTransport } from "../../core/transport/udp.ts";
import { Folder, type Running, start } from "./support/cli.ts";
import { Caller } from "./support/caller.ts";

const ROUTING = `import { route } from "legwork";
export function onInvite() {
  return route("pbx");
}
`;

Deno.test("run says where it listens, then carries on until it is told to stop", async () => {
  using folder = new Folder({ "route.ts": rejecting(480) });
  await using legwork = started(folder, ["--log-level", "debug"]);
  const first = await legwork.line();
  assertMatch(
    first ?? "",
    /^legwork listening on udp:127\.0\.0\.1:\d+ tcp:127\.0\.0\.1:\d+$/,
  );
  await using caller = await Caller.open(portOf(first));
  assertEquals(await caller.call(), 480);
  legwork.process.kill("SIGTERM");
  const { code, err } = await legwork.ended();
  assertEquals(code, 0);
  assertMatch(
    err,
    /info {2}call ended call=\w+ from=\S+ status=480 cause=\S+ by=\w+ seconds=0\n/,
  );
  assertMatch(err, /draining signal=SIGTERM calls=0 drainSeconds=30\n/);
  assertMatch(err, /debug counters .*calls=1 .*\n.* info {2}stopped\n$/);
});

Deno.test("a script that is saved is live on the next call; a wrong one changes nothing", async () => {
  using folder = new Folder({ "route.ts": rejecting(480) });
  await using legwork = started(folder, ["--ladder"]);
  await using caller = await Caller.open(portOf(await legwork.line()));
  assertEquals(await caller.call(), 480);
  const me = `127\\.0\\.0\\.1:${caller.port}`;
  assertMatch(await legwork.line() ?? "", new RegExp(`^ +${me} +legwork$`));
  assertMatch(await legwork.line() ?? "", /^ +0\.000 +│─+INVITE─+▶│$/);
  assertMatch(await legwork.line() ?? "", /│◀─+100 INVITE─+│$/);
  assertMatch(
    await legwork.line() ?? "",
    /^ +onInvite: reject 480 {2}\(route\.ts:\d+:\d+, \d+(?:\.\d+)? ms\)$/,
  );
  assertMatch(await legwork.line() ?? "", /│◀─+480 INVITE─+│$/);

  folder.write("route.ts", rejecting(486));
  await legwork.says("script loaded script=route.ts#2");
  assertEquals(await caller.call(), 486);

  folder.write("route.ts", "export const = 1;");
  await legwork.says("script not loaded, the one before it stays");
  assertEquals(await caller.call(), 486);

  folder.write("route.ts.new", rejecting(404));
  Deno.renameSync(`${folder.path}/route.ts.new`, `${folder.path}/route.ts`);
  await legwork.says("script loaded");
  assertEquals(await caller.call(), 404);

  legwork.process.kill("SIGHUP");
  await legwork.says("script loaded");
  legwork.process.kill("SIGINT");
  const { code } = await legwork.ended();
  assertEquals(code, 0);
});

Deno.test("draining: new calls get 503, and a second signal ends at once", async () => {
  using folder = new Folder({ "route.ts": ROUTING });
  // A PBX that never answers keeps the call up.
  await using pbx = await Caller.open(0);
  await using legwork = started(folder, [
    "--trunk",
    `pbx=sip:127.0.0.1:${pbx.port}`,
  ]);
  const port = portOf(await legwork.line());
  await using first = await Caller.open(port);
  await using second = await Caller.open(port);
  const running = first.call();
  await pbx.request();
  legwork.process.kill("SIGTERM");
  await legwork.says("draining signal=SIGTERM calls=1");
  assertEquals(await second.call(), 503);
  legwork.process.kill("SIGTERM");
  const { code, err } = await legwork.ended();
  assertEquals(code, 0);
  assertStringIncludes(err, "ended with calls up calls=1");
  first.giveUp();
  await running;
});

Deno.test("calls that outlast the drain get BYE on both sides", async () => {
  using folder = new Folder({ "route.ts": ROUTING });
  const clock = new SystemClock();
  await using pbx = await phone("pbx", clock);
  await using caller = await phone("caller", clock);
  const trunk = `pbx=sip:127.0.0.1:${pbx.local.port}`;
  await using legwork = started(folder, ["--trunk", trunk, "--drain", "0"]);
  const port = portOf(await legwork.line());
  const call = caller.call(parseSipUri(`sip:1000@127.0.0.1:${port}`)!);
  assertEquals(await call.answered, 200);
  const called = await pbx.taken;
  legwork.process.kill("SIGTERM");
  await Promise.all([call.ended, called.ended]);
  const { code, err } = await legwork.ended();
  assertEquals(code, 0);
  assertStringIncludes(err, "cause=shutdown by=legwork");
  assertStringIncludes(err, "stopped");
  clock.stop();
});

/** A phone of the demo's on a port of its own, and the first call it takes. */
async function phone(
  name: string,
  clock: SystemClock,
): Promise<
  Phone & AsyncDisposable & { readonly taken: Promise<PhoneCall> }
> {
  const taken = Promise.withResolvers<PhoneCall>();
  const phone = new Phone({
    name,
    clock,
    random: new SystemRandom(),
    ringMs: 0,
    transport: new UdpTransport({ host: "127.0.0.1", port: 0 }),
    onCall: (call) => taken.resolve(call),
  });
  await phone.open();
  return Object.assign(phone, {
    taken: taken.promise,
    [Symbol.asyncDispose]: () => phone.close(),
  });
}

function started(folder: Folder, more: readonly string[]): Running {
  const listen = ["--listen", "udp:127.0.0.1:0", "--listen", "tcp:127.0.0.1:0"];
  return start(["route.ts", ...listen, ...more], { cwd: folder.path });
}

function portOf(line: string | undefined): number {
  return Number(/udp:127\.0\.0\.1:(\d+)/.exec(line ?? "")?.[1]);
}

function rejecting(status: number): string {
  return `import { reject } from "legwork";
export function onInvite() {
  return reject(${status});
}
`;
}

/** The stream between two workers, and how much waits for it. */

import { assertEquals } from "@std/assert";
import type { LinkFrame } from "../../../core/transport/link_frames.ts";
import {
  encodeFrame,
  MOST_FRAME_BYTES,
} from "../../../core/transport/link_frames.ts";
import { SECRET_BYTES } from "../../../core/transport/worker_channel.ts";
import { WorkerLink } from "../../../core/transport/worker_link.ts";

const BYTES = new Uint8Array(100);
const HELLO = new Uint8Array(SECRET_BYTES);

Deno.test("messages that find no room are refused; word of an end always has room", async () => {
  const unsent: number[] = [];
  const link = new WorkerLink({
    onFrame: () => true,
    onEnd: (_, count) => unsent.push(count),
  }, 250);
  const message = { kind: "message", id: 1, bytes: BYTES } as const;
  assertEquals([1, 2, 3].map(() => link.send(message)), [true, true, false]);
  const send = { kind: "send", id: 1, number: 0, bytes: BYTES } as const;
  assertEquals(link.send(send), false);
  const at = { host: "192.0.2.1", port: 5060 };
  const flow = { kind: "flow", id: 1, listener: 0, isAccepted: true } as const;
  assertEquals(link.send({ ...flow, remote: at, local: at }), false);
  const end = { kind: "closed", id: 1, reason: "x".repeat(100) } as const;
  assertEquals([link.send(end), link.send(end)], [true, true]);
  assertEquals([unsent, link.isOver], [[], false]);
  // Nobody reads at the other end.
  assertEquals(link.send(end), false);
  link.end();
  assertEquals([unsent, link.isOver], [[2], true]);
  assertEquals(link.send({ kind: "half_closed", id: 1 }), false);
  await link.done;
});

Deno.test("a message longer than a frame is refused", () => {
  const events = { onFrame: () => true, onEnd(): void {} };
  const bytes = new Uint8Array(MOST_FRAME_BYTES);
  const link = new WorkerLink(events, 4 * MOST_FRAME_BYTES);
  assertEquals(link.send({ kind: "send", id: 1, number: 0, bytes }), false);
  link.end();
});

Deno.test("both ends speak; a frame that makes no sense ends the link for both", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heard: LinkFrame["kind"][] = [];
  const ended = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const one = new WorkerLink({
    onFrame: (_, { kind }) => heard.push(kind) > 0 && kind !== "hello",
    onEnd: () => ended[0]!.resolve(),
  });
  const other = new WorkerLink({
    onFrame: (link) => link.send({ kind: "hello", id: 1, bytes: HELLO }),
    onEnd: () => ended[1]!.resolve(),
  });
  one.connect("127.0.0.1", listener.addr.port);
  // What is sent before the connection is there waits for it.
  one.send({ kind: "closed", id: 1, reason: "why" });
  other.adopt(await listener.accept());
  await Promise.all(ended.map(({ promise }) => promise));
  assertEquals(heard, ["hello"]);
  await Promise.all([one.done, other.done]);
});

Deno.test("who has not said who it is cannot have much held for it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using stranger = await Deno.connect({
    hostname: "127.0.0.1",
    port: listener.addr.port,
  });
  const ended = Promise.withResolvers<void>();
  const link = new WorkerLink({
    onFrame: () => true,
    onEnd: () => ended.resolve(),
  });
  link.adopt(await listener.accept());
  // Its length says enough.
  await stranger.write(
    encodeFrame({ kind: "message", id: 1, bytes: BYTES }).subarray(0, 4),
  );
  await ended.promise;
  await link.done;
});

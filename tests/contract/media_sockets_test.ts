/** What every {@linkcode MediaSockets} does, whatever it is made of. */

import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { BatchedMedia } from "../../app/media/batched_media.ts";
import { DenoMedia } from "../../app/media/deno_media.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import type {
  MediaPeer,
  MediaReceiver,
  MediaSocket,
  MediaSockets,
} from "../../core/media/media_socket.ts";
import { MemoryMedia } from "../../core/media/memory_sockets.ts";
import { Libc, openLibc } from "../../core/transport/libc.ts";

interface Bed {
  readonly sockets: MediaSockets;
  /** Waits until something is so. */
  until(isSo: () => boolean): Promise<void>;
  end(): void | Promise<void>;
}

const HOST = "127.0.0.1";

const KINDS: readonly { name: string; make: () => Bed }[] = [
  { name: "memory", make: memoryBed },
  { name: "deno", make: () => realBed(new DenoMedia(HOST)) },
  ...batchedKind(),
];

for (const { name, make } of KINDS) {
  Deno.test(`media sockets, ${name}: a datagram arrives with its bytes and its source`, async () => {
    await within(make(), async (bed) => {
      const heard = new Heard();
      const [left, right] = openTwo(bed, heard);
      // Longer than the datagram: what is beyond `length` does not leave, and the bytes are free again at once.
      const bytes = new Uint8Array([1, 2, 3, 4, 5]);
      left.send(bytes, 3, peerOf(bed, right.port));
      bytes.fill(9);
      await bed.until(() => heard.all.length === 1);
      assertEquals(heard.all[0]!.bytes, new Uint8Array([1, 2, 3]));
      assertEquals(heard.all[0]!.from.host, HOST);
      assertEquals(heard.all[0]!.from.port, left.port);
      left.close();
      right.close();
    });
  });

  Deno.test(`media sockets, ${name}: many datagrams arrive in order, each with its length`, async () => {
    await within(make(), async (bed) => {
      const heard = new Heard();
      const [left, right] = openTwo(bed, heard);
      const to = peerOf(bed, right.port);
      const bytes = new Uint8Array(1_500);
      for (let i = 1; i <= 50; i++) {
        bytes[0] = i;
        left.send(bytes, i * 10, to);
      }
      await bed.until(() => heard.all.length === 50);
      assertEquals(
        heard.all.map(({ bytes }) => [bytes[0], bytes.length]),
        Array.from({ length: 50 }, (_, at) => [at + 1, (at + 1) * 10]),
      );
      left.close();
      right.close();
    });
  });

  Deno.test(`media sockets, ${name}: an answer goes back to the source as it was given`, async () => {
    await within(make(), async (bed) => {
      const heard = new Heard();
      const left = open(bed, heard);
      const echo = open(bed, {
        onPacket: (bytes, length, from) => echo.send(bytes, length, from),
      });
      left.send(new Uint8Array([7]), 1, peerOf(bed, echo.port));
      await bed.until(() => heard.all.length === 1);
      assertEquals(heard.all[0]!.from.port, echo.port);
      left.close();
      echo.close();
    });
  });

  Deno.test(`media sockets, ${name}: a port is one's own, and free again once it is closed`, async () => {
    await within(make(), async (bed) => {
      const heard = new Heard();
      const first = open(bed, heard);
      const { port } = first;
      assertEquals(bed.sockets.open(port, heard), undefined);
      first.close();
      // Closed twice, sent on after that: nothing happens.
      first.close();
      first.send(new Uint8Array(1), 1, peerOf(bed, port));
      // A system may take a moment for it.
      let second: MediaSocket | undefined;
      await bed.until(() =>
        (second ??= bed.sockets.open(port, heard)) !== undefined
      );
      second?.close();
      assertEquals(heard.all.length, 0);
    });
  });

  Deno.test(`media sockets, ${name}: what is no address is no peer`, async () => {
    await within(make(), (bed) => {
      assertEquals(bed.sockets.peer("pbx.example", 4000), undefined);
      assertEquals(bed.sockets.peer("", 4000), undefined);
      const peer = bed.sockets.peer("192.0.2.1", 4000);
      assertEquals([peer?.host, peer?.port], ["192.0.2.1", 4000]);
      return Promise.resolve();
    });
  });
}

class Heard implements MediaReceiver {
  readonly all: { bytes: Uint8Array; from: MediaPeer }[] = [];

  onPacket(bytes: Uint8Array, length: number, from: MediaPeer): void {
    this.all.push({ bytes: bytes.slice(0, length), from });
  }
}

async function within(
  bed: Bed,
  run: (bed: Bed) => Promise<void>,
): Promise<void> {
  try {
    await run(bed);
  } finally {
    await bed.end();
  }
}

function openTwo(bed: Bed, right: MediaReceiver): [MediaSocket, MediaSocket] {
  return [open(bed, new Heard()), open(bed, right)];
}

/** Any port that is free. */
function open({ sockets }: Bed, receiver: MediaReceiver): MediaSocket {
  for (let tries = 0; tries < 100; tries++) {
    const port = 40_000 + Math.floor(Math.random() * 20_000);
    const socket = sockets.open(port, receiver);
    if (socket !== undefined) return socket;
  }
  throw new Error("no port is free");
}

function peerOf({ sockets }: Bed, port: number): MediaPeer {
  const peer = sockets.peer(HOST, port);
  if (peer === undefined) throw new Error("it is no address");
  return peer;
}

function memoryBed(): Bed {
  const clock = new TimerWheel();
  const network = new MemoryMedia({ clock });
  return {
    sockets: network.host(HOST),
    until: (isSo) => {
      for (let i = 0; i < 100 && !isSo(); i++) clock.advance(clock.now() + 10);
      assert(isSo());
      return Promise.resolve();
    },
    end: () => {
      assertEquals(network.open, 0);
      assertEquals(clock.pending, 0);
    },
  };
}

/** Where the C library may be called. */
function batchedKind(): { name: string; make: () => Bed }[] {
  const libc = openLibc();
  if (!(libc instanceof Libc)) return [];
  return [{
    name: "batched",
    make: () => {
      const sockets = new BatchedMedia(HOST, libc);
      return realBed(sockets, () => sockets.idle);
    },
  }];
}

function realBed(
  sockets: MediaSockets,
  end: () => void | Promise<void> = () => {},
): Bed {
  return {
    sockets,
    until: async (isSo) => {
      const untilMs = performance.now() + 10_000;
      while (!isSo()) {
        assert(performance.now() < untilMs, "nothing came in ten seconds");
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    end,
  };
}

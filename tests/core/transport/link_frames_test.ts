/** What workers say to each other about connections, as bytes. */

import { assertEquals } from "@std/assert";
import {
  encodeFrame,
  FRAME_HEAD_BYTES,
  FrameReader,
  type LinkFrame,
} from "../../../core/transport/link_frames.ts";

const BYTES = new TextEncoder().encode("BYE sip:b@x SIP/2.0\r\n\r\n");
const FRAMES: readonly LinkFrame[] = [
  { kind: "hello", id: 63, bytes: new Uint8Array(16).fill(7) },
  {
    kind: "flow",
    id: 4_294_967_295,
    listener: 3,
    isAccepted: true,
    remote: { host: "2001:db8::1", port: 5060 },
    local: { host: "192.0.2.1", port: 65_535 },
  },
  { kind: "message", id: 2, bytes: BYTES },
  { kind: "half_closed", id: 2 },
  { kind: "closed", id: 2, reason: "reset by the peer" },
  { kind: "send", id: 2, number: 9, bytes: BYTES },
  { kind: "outcome", number: 9, reason: undefined },
  { kind: "outcome", number: 10, reason: "too many bytes wait" },
];

/** What a reader takes of chunks of that size; the last is whether it took them all. */
function read(
  bytes: Uint8Array,
  size: number,
  most?: number,
): [LinkFrame[], boolean] {
  const reader = new FrameReader();
  reader.most = most ?? reader.most;
  const frames: LinkFrame[] = [];
  const take = (frame: LinkFrame): boolean => {
    const copy = "bytes" in frame ? { bytes: frame.bytes.slice() } : {};
    frames.push({ ...frame, ...copy });
    return true;
  };
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    if (!reader.push(chunk, take)) return [frames, false];
  }
  return [frames, true];
}

function joined(frames: readonly LinkFrame[]): Uint8Array {
  return new Uint8Array(frames.flatMap((frame) => [...encodeFrame(frame)]));
}

Deno.test("frames are read as they were written, wherever the stream is cut", () => {
  const all = joined(FRAMES);
  for (const size of [1, 2, 5, 13, 40, all.length]) {
    assertEquals(read(all, size), [[...FRAMES], true]);
  }
});

Deno.test("a frame that is too long, of no kind, or without its words ends the stream", () => {
  const message = encodeFrame({ kind: "message", id: 1, bytes: BYTES });
  const most = message.length - 4;
  assertEquals(read(message, 7, most)[1], true);
  // Its length alone is enough.
  assertEquals(read(message.subarray(0, 4), 4, most - 1), [[], false]);
  const unknown = message.slice();
  unknown[4] = 200;
  assertEquals(read(unknown, 50), [[], false]);
  const flow = encodeFrame(FRAMES[1]!).slice(0, FRAME_HEAD_BYTES);
  flow[3] = FRAME_HEAD_BYTES - 4;
  assertEquals(read(flow, 50), [[], false]);
  assertEquals(read(new Uint8Array([0, 0, 0, 1, 2]), 5), [[], false]);
});

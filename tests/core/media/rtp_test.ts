import { deepStrictEqual, strictEqual } from "node:assert";
import {
  isRtcp,
  RTP_HEADER_BYTES,
  RtpView,
  sequenceDelta,
  timestampDelta,
  writeRtpHeader,
} from "../../../core/media/rtp.ts";

const HEADER = {
  marker: true,
  payloadType: 101,
  sequence: 0xfffe,
  timestamp: 0xfedcba98,
  ssrc: 0x89abcdef,
};

Deno.test("a header is read as it was written", () => {
  const view = new RtpView();
  strictEqual(view.wrap(packet([1, 2, 3])), true);
  deepStrictEqual(fields(view), HEADER);
  deepStrictEqual([...payload(view)], [1, 2, 3]);
});

Deno.test("fields are written in place, and nothing else changes", () => {
  const view = new RtpView();
  const bytes = packet([7]);
  view.wrap(bytes);
  view.sequence = 0x10203;
  view.timestamp = 0x1_0000_0005;
  view.ssrc = 1;
  view.marker = false;
  view.payloadType = 96;
  deepStrictEqual(fields(view), {
    marker: false,
    payloadType: 96,
    sequence: 0x0203,
    timestamp: 5,
    ssrc: 1,
  });
  view.marker = true;
  deepStrictEqual([view.marker, view.payloadType], [true, 96]);
  deepStrictEqual([bytes[0], bytes[12]], [0x80, 7]);
});

Deno.test("a packet within a larger buffer", () => {
  const buffer = new Uint8Array(64);
  buffer.set(packet([1, 2]));
  const view = new RtpView();
  strictEqual(view.wrap(buffer, 14), true);
  deepStrictEqual([...payload(view)], [1, 2]);
  strictEqual(view.wrap(buffer, 65), false);
});

Deno.test("RFC 3550 §5.1: contributing sources, extension and padding", () => {
  const view = new RtpView();
  const sources = packet([...Array(8).fill(0), 42]);
  sources[0] = 0x82;
  strictEqual(view.wrap(sources), true);
  deepStrictEqual([...payload(view)], [42]);

  const extended = packet([0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42]);
  extended[0] = 0x90;
  strictEqual(view.wrap(extended), true);
  deepStrictEqual([...payload(view)], [42]);

  const padded = packet([42, 0, 0, 3]);
  padded[0] = 0xa0;
  strictEqual(view.wrap(padded), true);
  deepStrictEqual([...payload(view)], [42]);
});

Deno.test("what is not RTP", () => {
  const view = new RtpView();
  const not = (bytes: Uint8Array): void => {
    strictEqual(view.wrap(bytes), false);
  };
  not(new Uint8Array(0));
  not(packet([]).subarray(0, RTP_HEADER_BYTES - 1));
  not(Uint8Array.from(packet([]), (byte, at) => at === 0 ? 0x40 : byte));
  not(Uint8Array.from(packet([]), (byte, at) => at === 0 ? 0x8f : byte));
  not(Uint8Array.from(packet([1]), (byte, at) => at === 0 ? 0x90 : byte));
  not(
    Uint8Array.from(
      packet([0, 0, 0, 9]),
      (byte, at) => at === 0 ? 0x90 : byte,
    ),
  );
  not(Uint8Array.from(packet([200]), (byte, at) => at === 0 ? 0xa0 : byte));
  not(Uint8Array.from(packet([0]), (byte, at) => at === 0 ? 0xa0 : byte));
});

Deno.test("RFC 5761 §4: RTCP on the same port", () => {
  const report = Uint8Array.of(0x80, 200, 0, 6, ...Array(24).fill(0));
  strictEqual(isRtcp(report), true);
  strictEqual(new RtpView().wrap(report), false);
  strictEqual(isRtcp(packet([])), false);
});

Deno.test("sequence numbers and timestamps wrap", () => {
  strictEqual(sequenceDelta(2, 0xffff), 3);
  strictEqual(sequenceDelta(0xffff, 2), -3);
  strictEqual(timestampDelta(5, 0xfffffffb), 10);
  strictEqual(timestampDelta(0xfffffffb, 5), -10);
});

function packet(payload: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(bytes, HEADER);
  bytes.set(payload, RTP_HEADER_BYTES);
  return bytes;
}

function payload(view: RtpView): Uint8Array {
  return view.bytes.subarray(view.payloadStart, view.payloadEnd);
}

function fields(view: RtpView): typeof HEADER {
  const { marker, payloadType, sequence, timestamp, ssrc } = view;
  return { marker, payloadType, sequence, timestamp, ssrc };
}

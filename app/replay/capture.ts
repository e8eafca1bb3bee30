/**
 * Reads capture files: pcap in both byte orders and both resolutions, and pcapng (draft-ietf-opsawg-pcapng).
 *
 * @module
 */

/** One captured packet, with the head of its link layer. */
export interface Packet {
  /** Counted from 1, as capture programs do. */
  readonly number: number;
  /** Calendar milliseconds. */
  readonly atMs: number;
  /** The link type of https://www.tcpdump.org/linktypes.html. */
  readonly linkType: number;
  readonly bytes: Uint8Array;
}

/** A file that is no capture, or a broken one; the message says where. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
}

/** Longest packet that is believed; a longer one means that the file is broken. */
const MAX_PACKET = 262_144;
/** Most interfaces of one pcapng section. */
const MAX_INTERFACES = 1_000;

const PCAP_MICRO = 0xa1b2c3d4;
const PCAP_NANO = 0xa1b23c4d;
const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE_BLOCK = 1;
const SIMPLE_PACKET_BLOCK = 3;
const ENHANCED_PACKET_BLOCK = 6;
const OPTION_TIME_RESOLUTION = 9;

/** The packets of a capture file, in order. Throws {@linkcode CaptureError} where the file is broken. */
export function* packets(bytes: Uint8Array): Generator<Packet> {
  if (bytes.length < 24) {
    throw new CaptureError("it is too short for a capture");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) === PCAPNG_SECTION) {
    yield* pcapngPackets(bytes, view);
    return;
  }
  for (const little of [false, true]) {
    const magic = view.getUint32(0, little);
    if (magic === PCAP_MICRO || magic === PCAP_NANO) {
      const perMs = magic === PCAP_NANO ? 1e6 : 1e3;
      yield* pcapPackets(bytes, view, { little, perMs });
      return;
    }
  }
  throw new CaptureError("it is neither pcap nor pcapng");
}

function* pcapPackets(
  bytes: Uint8Array,
  view: DataView,
  { little, perMs }: { little: boolean; perMs: number },
): Generator<Packet> {
  // The upper half of the field has other uses.
  const linkType = view.getUint32(20, little) & 0xffff;
  let number = 0;
  for (let at = 24; at < bytes.length;) {
    number++;
    if (at + 16 > bytes.length) throw cut(number, at);
    const seconds = view.getUint32(at, little);
    const fraction = view.getUint32(at + 4, little);
    const length = view.getUint32(at + 8, little);
    if (length > MAX_PACKET) throw tooLong(number, at, length);
    if (at + 16 + length > bytes.length) throw cut(number, at);
    yield {
      number,
      atMs: seconds * 1000 + fraction / perMs,
      linkType,
      bytes: bytes.subarray(at + 16, at + 16 + length),
    };
    at += 16 + length;
  }
}

interface Interface {
  readonly linkType: number;
  readonly unitsPerMs: number;
}

function* pcapngPackets(
  bytes: Uint8Array,
  view: DataView,
): Generator<Packet> {
  let little = false;
  let interfaces: Interface[] = [];
  let number = 0;
  for (let at = 0; at < bytes.length;) {
    if (at + 12 > bytes.length) throw cut(number + 1, at);
    if (view.getUint32(at) === PCAPNG_SECTION) {
      little = view.getUint32(at + 8, true) === PCAPNG_BYTE_ORDER;
      if (!little && view.getUint32(at + 8) !== PCAPNG_BYTE_ORDER) {
        throw new CaptureError(`the section at byte ${at} has no byte order`);
      }
      interfaces = [];
    }
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < 12 || length % 4 !== 0) {
      throw new CaptureError(
        `the block at byte ${at} has a length of ${length}`,
      );
    }
    if (at + length > bytes.length) throw cut(number + 1, at);
    const body = { at: at + 8, end: at + length - 4 };
    switch (type) {
      case INTERFACE_BLOCK:
        if (interfaces.length >= MAX_INTERFACES) {
          throw new CaptureError(
            `it has more than ${MAX_INTERFACES} interfaces`,
          );
        }
        interfaces.push(interfaceOf(view, body, little));
        break;
      case SIMPLE_PACKET_BLOCK:
      case ENHANCED_PACKET_BLOCK: {
        number++;
        const enhanced = type === ENHANCED_PACKET_BLOCK;
        const head = enhanced ? 20 : 4;
        if (body.at + head > body.end) throw cut(number, at);
        const index = enhanced ? view.getUint32(body.at, little) : 0;
        const from = interfaces[index];
        if (from === undefined) {
          throw new CaptureError(
            `packet ${number} is of interface ${index}, which is not described`,
          );
        }
        const high = enhanced ? view.getUint32(body.at + 4, little) : 0;
        const low = enhanced ? view.getUint32(body.at + 8, little) : 0;
        const size = view.getUint32(body.at + (enhanced ? 12 : 0), little);
        const room = body.end - body.at - head;
        // A simple packet says how long it was, and is as long as its block.
        const taken = enhanced ? size : Math.min(size, room);
        if (taken > MAX_PACKET) throw tooLong(number, at, taken);
        if (taken > room) throw cut(number, at);
        yield {
          number,
          atMs: (high * 2 ** 32 + low) / from.unitsPerMs,
          linkType: from.linkType,
          bytes: bytes.subarray(body.at + head, body.at + head + taken),
        };
        break;
      }
    }
    at += length;
  }
}

function interfaceOf(
  view: DataView,
  { at, end }: { at: number; end: number },
  little: boolean,
): Interface {
  if (at + 8 > end) {
    throw new CaptureError(`the interface at byte ${at} is cut short`);
  }
  let unitsPerMs = 1_000;
  for (let option = at + 8; option + 4 <= end;) {
    const code = view.getUint16(option, little);
    const length = view.getUint16(option + 2, little);
    if (code === 0) break;
    if (code === OPTION_TIME_RESOLUTION && length === 1 && option + 5 <= end) {
      const value = view.getUint8(option + 4);
      const base = (value & 0x80) === 0 ? 10 : 2;
      unitsPerMs = base ** (value & 0x7f) / 1000;
    }
    option += 4 + Math.ceil(length / 4) * 4;
  }
  return { linkType: view.getUint16(at, little), unitsPerMs };
}

function cut(number: number, at: number): CaptureError {
  return new CaptureError(`packet ${number} at byte ${at} is cut short`);
}

function tooLong(number: number, at: number, length: number): CaptureError {
  return new CaptureError(
    `packet ${number} at byte ${at} claims ${length} bytes, at most ${MAX_PACKET} are believed`,
  );
}

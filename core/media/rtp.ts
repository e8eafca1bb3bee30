/**
 * RTP packets (RFC 3550) read and written where they lie. This is a hot path: one view serves all packets of a
 * socket, nothing is allocated, and a field is read only when somebody asks.
 *
 * @module
 */

/** Bytes of a header without contributing sources and extension. */
export const RTP_HEADER_BYTES = 12;

const VERSION_2 = 0x80;

/** What a packet begins with. */
export interface RtpHeader {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

/** Looks at one packet after the other; the bytes stay the caller's. */
export class RtpView {
  bytes: Uint8Array = NO_BYTES;
  /** Bytes of the packet: `bytes` may be a larger buffer. */
  length = 0;
  /** Where the payload begins, past contributing sources and extension. */
  payloadStart = 0;
  /** Where it ends, before the padding. */
  payloadEnd = 0;

  /** Turns to the packet in the first `length` bytes; false, and no other use of the view, where it is not RTP. */
  wrap(bytes: Uint8Array, length: number = bytes.length): boolean {
    this.bytes = bytes;
    this.length = length;
    if (length < RTP_HEADER_BYTES || length > bytes.length) return false;
    const first = bytes[0]!;
    // RFC 3550 §5.1: the version is 2.
    if ((first & 0xc0) !== VERSION_2 || isRtcp(bytes)) return false;
    let start = RTP_HEADER_BYTES + 4 * (first & 0x0f);
    if ((first & 0x10) !== 0) {
      // RFC 3550 §5.3.1: the extension's length counts 32-bit words, its own four bytes excluded.
      if (start + 4 > length) return false;
      start += 4 + 4 * (bytes[start + 2]! << 8 | bytes[start + 3]!);
    }
    // RFC 3550 §5.1: the last byte of the padding says how many there are, itself included.
    const padding = (first & 0x20) === 0 ? 0 : bytes[length - 1]!;
    if ((first & 0x20) !== 0 && padding === 0) return false;
    this.payloadStart = start;
    this.payloadEnd = length - padding;
    return this.payloadStart <= this.payloadEnd;
  }

  get marker(): boolean {
    return (this.bytes[1]! & 0x80) !== 0;
  }

  set marker(on: boolean) {
    const type = this.bytes[1]! & 0x7f;
    this.bytes[1] = on ? type | 0x80 : type;
  }

  get payloadType(): number {
    return this.bytes[1]! & 0x7f;
  }

  set payloadType(type: number) {
    this.bytes[1] = this.bytes[1]! & 0x80 | type & 0x7f;
  }

  get sequence(): number {
    return this.bytes[2]! << 8 | this.bytes[3]!;
  }

  set sequence(sequence: number) {
    this.bytes[2] = sequence >>> 8;
    this.bytes[3] = sequence;
  }

  get timestamp(): number {
    return uint32(this.bytes, 4);
  }

  set timestamp(timestamp: number) {
    setUint32(this.bytes, 4, timestamp);
  }

  get ssrc(): number {
    return uint32(this.bytes, 8);
  }

  set ssrc(ssrc: number) {
    setUint32(this.bytes, 8, ssrc);
  }
}

/** Writes a header without contributing sources and extension; the payload begins at {@linkcode RTP_HEADER_BYTES}. */
export function writeRtpHeader(bytes: Uint8Array, header: RtpHeader): void {
  bytes[0] = VERSION_2;
  bytes[1] = header.payloadType & 0x7f | (header.marker ? 0x80 : 0);
  bytes[2] = header.sequence >>> 8;
  bytes[3] = header.sequence;
  setUint32(bytes, 4, header.timestamp);
  setUint32(bytes, 8, header.ssrc);
}

/** RFC 5761 §4: on a shared port, the packet types 192 to 223 are RTCP. */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** How far `to` lies after `from`, negative where before, of sequence numbers, which wrap. */
export function sequenceDelta(to: number, from: number): number {
  return (to - from) << 16 >> 16;
}

/** How far `to` lies after `from`, negative where before, of timestamps, which wrap. */
export function timestampDelta(to: number, from: number): number {
  return (to - from) | 0;
}

const NO_BYTES = new Uint8Array(RTP_HEADER_BYTES);

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 |
    bytes[at + 3]!) >>> 0;
}

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

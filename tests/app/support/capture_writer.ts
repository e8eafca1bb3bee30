/** Writes small captures, packet by packet, for tests. */

const AT_MS = 1_700_000_000_250;
const BLOCK_OVERHEAD = 12;

/** A UDP datagram from port 5070 to 5060. */
export function udp(payload: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(8));
  head.setUint16(0, 5070);
  head.setUint16(2, 5060);
  head.setUint16(4, 8 + payload.length);
  return joined(bytesOf(head), payload);
}

/** A TCP segment between the same ports. */
export function tcp(
  payload: Uint8Array,
  { sequence, syn = false }: { sequence: number; syn?: boolean },
): Uint8Array {
  const head = new DataView(new ArrayBuffer(20));
  head.setUint16(0, 5070);
  head.setUint16(2, 5060);
  head.setUint32(4, sequence);
  head.setUint8(12, 0x50);
  head.setUint8(13, syn ? 0x02 : 0x18);
  return joined(bytesOf(head), payload);
}

/** An IPv4 packet; 17 is UDP, 6 TCP. */
export function ipv4(payload: Uint8Array, protocol = 17): Uint8Array {
  const head = new DataView(new ArrayBuffer(20));
  head.setUint8(0, 0x45);
  head.setUint16(2, 20 + payload.length);
  head.setUint8(9, protocol);
  head.setUint32(12, 0xc0000202);
  head.setUint32(16, 0xc0000201);
  return joined(bytesOf(head), payload);
}

/** An IPv6 packet from 2001:db8:0:1::2 to ::1, with a hop-by-hop header. */
export function ipv6(payload: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(48));
  head.setUint8(0, 0x60);
  head.setUint16(4, 8 + payload.length);
  head.setUint32(8, 0x20010db8);
  head.setUint16(14, 1);
  head.setUint16(22, 2);
  head.setUint16(38, 1);
  head.setUint8(40, 17);
  return joined(bytesOf(head), payload);
}

/** An Ethernet frame. */
export function ethernet(
  payload: Uint8Array,
  { type = 0x0800, vlan = false }: { type?: number; vlan?: boolean } = {},
): Uint8Array {
  const tag = vlan ? [0x81, 0x00, 0x00, 0x05] : [];
  const head = [
    ...new Array<number>(12).fill(2),
    ...tag,
    type >> 8,
    type & 255,
  ];
  return joined(new Uint8Array(head), payload);
}

/** A pcap file. */
export function pcap(
  packets: readonly Uint8Array[],
  { linkType, big = false, nano = false }: {
    linkType: number;
    big?: boolean;
    nano?: boolean;
  },
): Uint8Array {
  const head = new DataView(new ArrayBuffer(24));
  head.setUint32(0, nano ? 0xa1b23c4d : 0xa1b2c3d4, !big);
  head.setUint16(4, 2, !big);
  head.setUint16(6, 4, !big);
  head.setUint32(16, 65_535, !big);
  head.setUint32(20, linkType, !big);
  const parts = packets.flatMap((packet) => {
    const record = new DataView(new ArrayBuffer(16));
    record.setUint32(0, Math.floor(AT_MS / 1000), !big);
    record.setUint32(4, (AT_MS % 1000) * (nano ? 1e6 : 1e3), !big);
    record.setUint32(8, packet.length, !big);
    record.setUint32(12, packet.length, !big);
    return [bytesOf(record), packet];
  });
  return joined(bytesOf(head), ...parts);
}

/** A pcapng file with one interface. */
export function pcapng(
  packets: readonly Uint8Array[],
  { linkType }: { linkType: number },
): Uint8Array {
  const section = new DataView(new ArrayBuffer(16));
  section.setUint32(0, 0x1a2b3c4d, true);
  section.setUint16(4, 1, true);
  section.setBigInt64(8, -1n, true);
  const described = new DataView(new ArrayBuffer(8));
  described.setUint16(0, linkType, true);
  const units = BigInt(AT_MS) * 1000n;
  return joined(
    block(0x0a0d0d0a, bytesOf(section)),
    block(1, bytesOf(described)),
    ...packets.map((packet) => {
      const head = new DataView(new ArrayBuffer(20));
      head.setUint32(4, Number(units >> 32n), true);
      head.setUint32(8, Number(units & 0xffff_ffffn), true);
      head.setUint32(12, packet.length, true);
      head.setUint32(16, packet.length, true);
      const padding = new Uint8Array((4 - packet.length % 4) % 4);
      return block(6, joined(bytesOf(head), packet, padding));
    }),
  );
}

/** One array of bytes for several. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function block(type: number, body: Uint8Array): Uint8Array {
  const length = body.length + BLOCK_OVERHEAD;
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, type, true);
  head.setUint32(4, length, true);
  const tail = new DataView(new ArrayBuffer(4));
  tail.setUint32(0, length, true);
  return joined(bytesOf(head), body, bytesOf(tail));
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}

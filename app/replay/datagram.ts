/**
 * From a captured packet to what UDP or TCP carried in it: Ethernet, Linux cooked (both versions), loopback and raw
 * IP; IPv4 and IPv6. Fragments and other protocols are passed over.
 *
 * @module
 */

import type { Packet } from "./capture.ts";

/** What one packet carried. */
export interface Segment {
  readonly transport: "UDP" | "TCP";
  readonly from: { readonly host: string; readonly port: number };
  readonly to: { readonly host: string; readonly port: number };
  readonly payload: Uint8Array;
  /** Of TCP: the number of the first byte, and whether the connection begins here. */
  readonly sequence: number;
  readonly begins: boolean;
}

const ETHERNET = 1;
const LOOPBACKS: readonly number[] = [0, 108];
const RAW_IP: readonly number[] = [12, 14, 101, 228, 229];
const LINUX_COOKED = 113;
const LINUX_COOKED_2 = 276;
const VLANS: readonly number[] = [0x8100, 0x88a8, 0x9100];
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;
const UDP = 17;
/** Hop-by-hop options, routing, destination options. */
const IPV6_EXTENSIONS: readonly number[] = [0, 43, 60];

/** True for a link type that {@linkcode segmentOf} can read. */
export function knowsLink(linkType: number): boolean {
  return linkType === ETHERNET || linkType === LINUX_COOKED ||
    linkType === LINUX_COOKED_2 || LOOPBACKS.includes(linkType) ||
    RAW_IP.includes(linkType);
}

/** What a packet carried by UDP or TCP, or undefined when it is anything else, or cut short. */
export function segmentOf({ linkType, bytes }: Packet): Segment | undefined {
  try {
    return ofIp(bytes.subarray(ipOffset(linkType, bytes)));
  } catch (error) {
    // A read past the end: the packet was captured in part only.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function ipOffset(linkType: number, bytes: Uint8Array): number {
  const view = viewOf(bytes);
  if (linkType === ETHERNET) {
    let at = 12;
    while (VLANS.includes(view.getUint16(at))) at += 4;
    const type = view.getUint16(at);
    return type === IPV4 || type === IPV6 ? at + 2 : bytes.length;
  }
  if (linkType === LINUX_COOKED) return 16;
  if (linkType === LINUX_COOKED_2) return 20;
  return LOOPBACKS.includes(linkType) ? 4 : 0;
}

function ofIp(bytes: Uint8Array): Segment | undefined {
  if (bytes.length === 0) return undefined;
  const view = viewOf(bytes);
  const version = view.getUint8(0) >> 4;
  if (version === 4) {
    const head = (view.getUint8(0) & 0x0f) * 4;
    // A network card that cuts segments itself leaves the length to it.
    const total = view.getUint16(2) || bytes.length;
    // Not the first and only fragment: more follow, or it begins elsewhere.
    if ((view.getUint16(6) & 0x3fff) !== 0 || total < head) return undefined;
    return ofTransport(view.getUint8(9), {
      from: [...bytes.subarray(12, 16)].join("."),
      to: [...bytes.subarray(16, 20)].join("."),
      bytes: bytes.subarray(head, total),
    });
  }
  if (version !== 6) return undefined;
  const end = 40 + view.getUint16(4);
  let next = view.getUint8(6);
  let at = 40;
  while (IPV6_EXTENSIONS.includes(next) && at < end) {
    next = view.getUint8(at);
    at += (view.getUint8(at + 1) + 1) * 8;
  }
  return ofTransport(next, {
    from: ipv6(view, 8),
    to: ipv6(view, 24),
    bytes: bytes.subarray(at, end),
  });
}

function ofTransport(
  protocol: number,
  { from, to, bytes }: { from: string; to: string; bytes: Uint8Array },
): Segment | undefined {
  if (protocol !== UDP && protocol !== TCP) return undefined;
  const view = viewOf(bytes);
  const ends = {
    from: { host: from, port: view.getUint16(0) },
    to: { host: to, port: view.getUint16(2) },
  };
  if (protocol === UDP) {
    const payload = bytes.subarray(8, view.getUint16(4));
    return { transport: "UDP", ...ends, payload, sequence: 0, begins: false };
  }
  const head = (view.getUint8(12) >> 4) * 4;
  if (head < 20) return undefined;
  const begins = (view.getUint8(13) & 0x02) !== 0;
  return {
    transport: "TCP",
    ...ends,
    payload: bytes.subarray(head),
    // SYN takes a number of its own.
    sequence: (view.getUint32(4) + (begins ? 1 : 0)) >>> 0,
    begins,
  };
}

/** RFC 5952: lower case, no leading zeros, the longest run of zero groups as `::`. */
function ipv6(view: DataView, at: number): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => view.getUint16(at + index * 2).toString(16),
  );
  const text = groups.join(":");
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)]
    .sort((a, b) => b[0].length - a[0].length);
  const [run] = runs;
  if (run === undefined) return text;
  const before = text.slice(0, run.index);
  const after = text.slice(run.index + run[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Which UDP transport is used: in batches where the C library may be called, else the plain one. */

import type { Limits } from "../core/base/limits.ts";
import type { Observer } from "../core/base/observer.ts";
import type { Address } from "../core/transport/address.ts";
import { BatchedUdpTransport } from "../core/transport/batched_udp.ts";
import { Libc, openLibc } from "../core/transport/libc.ts";
import { Pace } from "../core/transport/pace.ts";
import type { Transport } from "../core/transport/transport.ts";
import { UdpTransport } from "../core/transport/udp.ts";
import type { Config } from "./config/schema.ts";

/** Makes the transport of one UDP listener. */
export interface UdpMaker {
  (local: Address, limits: Limits): Transport;
}

/** Sockets in batches, which alone can share an address with those of other processes. */
export interface BatchedMaker {
  (
    local: Address,
    options: { limits?: Limits; shared?: boolean },
  ): BatchedUdpTransport;
}

/** The maker that a configuration asks for. When `batched` cannot be had, the log says why, once. */
export function udpMaker(
  choice: Config["udp"],
  observer: Pick<Observer, "log">,
): UdpMaker {
  if (choice === "plain") return plain;
  const libc = openLibc();
  if (libc instanceof Libc) {
    const pace = processPace(libc);
    return (local, limits) =>
      new BatchedUdpTransport(local, { libc, pace, limits });
  }
  const unasked = libc.denied ? "debug" : "info";
  observer.log({
    level: choice === "batched" ? "warn" : unasked,
    text: "UDP is not batched",
    fields: { why: libc.missing },
  });
  return plain;
}

/** Makes sockets that keep one pace; or says why there can be none. */
export function batchedMaker(): BatchedMaker | string {
  const libc = openLibc();
  if (!(libc instanceof Libc)) return libc.missing;
  const pace = processPace(libc);
  return (local, options) =>
    new BatchedUdpTransport(local, { ...options, libc, pace });
}

function plain(local: Address, limits: Limits): Transport {
  return new UdpTransport(local, limits);
}

/** All sockets of the process keep one pace. */
function processPace(libc: Libc): Pace {
  return new Pace({
    nowMs: () => performance.now(),
    sleep: (microseconds) => libc.calls.usleep(microseconds),
    soon: (callback) => setImmediate(callback),
  });
}

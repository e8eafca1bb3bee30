/** Which sockets media go by: those of the C library where it may be called, else the runtime's. */

import type { Observer } from "../../core/base/observer.ts";
import type { MediaSockets } from "../../core/media/media_socket.ts";
import { Libc, openLibc } from "../../core/transport/libc.ts";
import type { Config } from "../config/schema.ts";
import { BatchedMedia } from "./batched_media.ts";
import { DenoMedia } from "./deno_media.ts";

/** The sockets that a configuration asks for. An address that cannot be had is in the log, and calls find no ports. */
export function openMedia(
  { udp, media: { address } }: Pick<Config, "udp" | "media">,
  observer: Pick<Observer, "log">,
): MediaSockets {
  const why = problemOf(address);
  if (why !== undefined) {
    observer.log({
      level: "warn",
      text: "no media can be relayed",
      fields: { address, why },
    });
    return new DenoMedia(address);
  }
  const libc = udp === "plain" ? undefined : openLibc();
  return libc instanceof Libc
    ? new BatchedMedia(address, libc)
    : new DenoMedia(address);
}

/** Asks the runtime, which has the permission to use the network. */
function problemOf(hostname: string): string | undefined {
  try {
    Deno.listenDatagram({ transport: "udp", hostname, port: 0 }).close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What relays the media of calls, as a configuration has it. No port is opened before a call needs one. */

import type { Clock } from "../../core/base/clock.ts";
import type { Observer } from "../../core/base/observer.ts";
import type { Random } from "../../core/base/random.ts";
import type { MediaServices } from "../../core/media/media_anchor.ts";
import { MediaRelay } from "../../core/media/media_relay.ts";
import type { MediaSockets } from "../../core/media/media_socket.ts";
import type { Config } from "../config/schema.ts";

/** See the module's text; `sockets` are those of the address that the configuration names. */
export function mediaServices(
  { media }: Pick<Config, "media">,
  world: {
    clock: Clock;
    random: Random;
    observer: Observer;
    sockets: MediaSockets;
  },
): MediaServices {
  const { first: from, last: to } = media.ports;
  return {
    relay: new MediaRelay({
      ...world,
      ports: { from, to },
      timeoutSeconds: media.timeout,
      latch: media.latch,
    }),
  };
}

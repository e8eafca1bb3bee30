/** The relay alone, with calls set up by descriptions. Usage: relay.ts PORT CALLS PHONE_PORT plain|batched. */

import { BatchedMedia } from "../../app/media/batched_media.ts";
import { DenoMedia } from "../../app/media/deno_media.ts";
import { SystemClock } from "../../app/system_clock.ts";
import { SystemRandom } from "../../app/system_random.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { DEFAULT_DTMF } from "../../core/media/dtmf_settings.ts";
import { MediaRelay } from "../../core/media/media_relay.ts";
import { Libc, openLibc } from "../../core/transport/libc.ts";
import { phoneSdp } from "./phone_sdp.ts";

const HOST = "127.0.0.1";
const [from = 0, calls = 0, phone = 0] = Deno.args.map(Number);
const libc = Deno.args[3] === "batched" ? openLibc() : undefined;
const relay = new MediaRelay({
  clock: new SystemClock(),
  random: new SystemRandom(),
  observer: new CountingObserver(),
  sockets: libc instanceof Libc
    ? new BatchedMedia(HOST, libc)
    : new DenoMedia(HOST),
  ports: { from, to: from + 4 * calls },
  timeoutSeconds: 3600,
});
for (let i = 0; i < calls; i++) {
  const anchor = relay.begin({
    mediaTimedOut: () => {},
    keySettings: () => DEFAULT_DTMF,
  });
  for (const side of ["a", "b"] as const) {
    const port = phone + 4 * i + (side === "a" ? 0 : 2);
    anchor.cross(phoneSdp(port), {
      from: side,
      role: side === "a" ? "offer" : "answer",
      target: 1,
      standing: undefined,
    }, (crossed) => {
      if (crossed.kind === "failed") throw new Error(crossed.reason);
    });
  }
  anchor.chosen(1);
}
console.log("ready");

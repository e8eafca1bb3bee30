/** An rtpengine of a ladder: it answers each request at once, and puts an address and ports of its own in descriptions. */

import type { Clock } from "../../core/base/clock.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import type { Random } from "../../core/base/random.ts";
import { anchorDescription } from "../../core/media/anchored.ts";
import { decode, dictionary, encode } from "../../core/media/bencode.ts";
import { NgMedia } from "../../core/media/ng_media.ts";
import { shapeEvents } from "../../core/media/event_formats.ts";
import { SessionDescription } from "../../core/sdp/session_description.ts";

const ADDRESS = { host: "192.0.2.99", port: 2223 };
const FIRST_PORT = 40_000;
const REPLY_MS = 1;

/** The media of a ladder's calls whose trunks are set to `media: rtpengine`. */
export function ladderMediaServer(
  { clock, random }: { clock: Clock; random: Random },
): NgMedia {
  const server = new MediaServer();
  const media: NgMedia = new NgMedia({
    clock,
    random,
    observer: new CountingObserver(),
    servers: [{ address: ADDRESS }],
    pingSeconds: 0,
    retryMs: 250,
    tries: 4,
    socket: {
      send: (text) => {
        const onTimer = (): void => media.received(server.reply(text));
        clock.schedule(REPLY_MS, { onTimer }, "rtpengine");
      },
    },
  });
  return media;
}

class MediaServer {
  /** The first port of each side of each call. */
  readonly #ports = new Map<string, number>();

  reply(text: string): string {
    const space = text.indexOf(" ");
    const command = dictionary(decode(text.slice(space + 1))) ?? {};
    const { sdp } = command;
    const reply = typeof sdp === "string"
      ? { result: "ok", sdp: this.#rewritten(sdp, command) }
      : { result: "ok" };
    return `${text.slice(0, space)} ${encode(reply)}`;
  }

  #rewritten(sdp: string, command: Record<string, unknown>): string {
    const description = SessionDescription.parse(sdp);
    if (description === undefined) return sdp;
    const call = `${command["call-id"]} ${command["command"]} ${
      command["from-tag"]
    }`;
    const first = this.#ports.get(call) ?? FIRST_PORT + 20 * this.#ports.size;
    this.#ports.set(call, first);
    anchorDescription(description, {
      address: ADDRESS.host,
      points: description.media.map(({ port }, at) =>
        port === 0
          ? undefined
          : { port: first + 2 * at, rtcpPort: first + 2 * at + 1 }
      ),
    });
    if (command["command"] === "offer") {
      shapeEvents(description, { how: wished(command), known: () => [] });
    }
    return String(description);
  }
}

/** What an offer asks of telephone events. */
function wished(
  { codec }: Record<string, unknown>,
): "add" | "hide" | undefined {
  if (typeof codec !== "object" || codec === null) return undefined;
  return "mask" in codec ? "hide" : "add";
}

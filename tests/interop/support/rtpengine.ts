/** rtpengine as a media server in userspace. */

import { type Running, start } from "./peer.ts";
import { bound, freePorts } from "./ports.ts";

/** A media server that listens. */
export interface MediaServer extends AsyncDisposable {
  /** Where it speaks ng. */
  readonly port: number;
  readonly pid: number;
  said(): string;
}

/** Starts one and waits until it listens; keys that it hears are told to `dtmfLog`. */
export async function mediaServer(
  options: { dtmfLog?: number; port?: number } = {},
): Promise<MediaServer> {
  const [port = 0] = options.port === undefined ? freePorts(1) : [options.port];
  // 64 ports of its own for media.
  const media = freePorts(64);
  const folder = await Deno.makeTempDir({ prefix: "rtpengine-" });
  const process: Running = start("rtpengine", [
    ...["--foreground", "--log-stderr", "--log-level=5", "--table=-1"],
    "--interface=127.0.0.1",
    `--listen-ng=127.0.0.1:${port}`,
    ...[`--port-min=${media[0]}`, `--port-max=${media.at(-1)}`],
    ...["--num-threads=1", `--pidfile=${folder}/pid`],
    ...(options.dtmfLog === undefined
      ? []
      : [`--dtmf-log-dest=127.0.0.1:${options.dtmfLog}`]),
  ], { withinMs: 60_000, cwd: folder });
  try {
    await bound(port, "udp");
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw new Error(`rtpengine did not listen:\n${process.said()}`, {
      cause: error,
    });
  }
  return {
    port,
    pid: process.pid,
    said: process.said,
    async [Symbol.asyncDispose](): Promise<void> {
      await process[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** baresip as a phone without a sound card. */

import { type Running, start } from "./peer.ts";
import { bound, freePorts } from "./ports.ts";

/** A phone that answers by itself. */
export interface Phone extends AsyncDisposable {
  readonly port: number;
  /** What it has said so far. */
  said(): string;
  /** Gives it a command of its menu, like `b` to hang up. */
  command(text: string): Promise<void>;
}

/** Starts a phone; with `dial` it calls that URI at once. */
export async function phone(
  user: string,
  options: {
    dial?: string;
    /** Parameters of its account, in place of those that keep it from registering. */
    account?: string;
    /** The host of its address, perhaps with parameters behind. Default: its own. */
    address?: string;
  } = {},
): Promise<Phone> {
  // The port after the first is taken for TLS by the phone itself.
  const [port = 0, , rtp = 0, , , last = 0] = freePorts(6);
  const folder = await Deno.makeTempDir({ prefix: "baresip-" });
  const files: Record<string, string> = {
    config: [
      "module_path /usr/lib/baresip/modules",
      `sip_listen 127.0.0.1:${port}`,
      `rtp_ports ${rtp}-${last}`,
      "audio_source aubridge,nil",
      "audio_player aubridge,nil",
      "audio_alert aubridge,nil",
      "module stdio.so",
      "module uuid.so",
      "module g711.so",
      "module aubridge.so",
      "module_app account.so",
      "module_app menu.so",
      "",
    ].join("\n"),
    accounts: `<sip:${user}@${options.address ?? `127.0.0.1:${port}`}>;${
      options.account ?? "regint=0"
    };answermode=auto;audio_codecs=PCMU\n`,
    contacts: "",
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const dial = options.dial === undefined ? [] : ["-e", `d${options.dial}`];
  const process: Running = start("baresip", ["-4", "-f", folder, ...dial], {
    withinMs: 40_000,
    cwd: folder,
  });
  await bound(port, "udp");
  return {
    port,
    said: process.said,
    command: process.write,
    async [Symbol.asyncDispose](): Promise<void> {
      await process[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

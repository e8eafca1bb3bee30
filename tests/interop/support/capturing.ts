import type { Running } from "./peer.ts";
import { pause } from "./ports.ts";

/** False, said aloud, where this user may not capture; in CI that fails. */
export async function capturing(capture: Running): Promise<boolean> {
  let ended = false;
  capture.ended.then(() => ended = true);
  for (let tries = 0; tries < 200 && !ended; tries++) {
    if (/Capture started|File: /.test(capture.said())) return true;
    await pause(25);
  }
  const why = `tshark may not capture here: ${capture.said().trim()}`;
  if (Deno.env.get("CI")) throw new Error(why);
  console.log(`skipped: ${why}`);
  return false;
}

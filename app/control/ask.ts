/** Asks the Legwork behind a control socket. */

import {
  type ControlReply,
  type ControlRequest,
  MAX_REPLY,
  readLine,
  readReply,
} from "./protocol.ts";

/** Resolves with its answer, or with why there is none; after `withinMs` at the latest. */
export async function ask(
  path: string,
  request: ControlRequest,
  { withinMs }: { withinMs?: number } = {},
): Promise<ControlReply | string> {
  let connection: Deno.UnixConn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    return `${path}: ${whyNot(error)}`;
  }
  let isLate = false;
  const late = withinMs === undefined ? undefined : setTimeout(() => {
    isLate = true;
    connection.close();
  }, withinMs);
  try {
    const writer = connection.writable.getWriter();
    const text = `${JSON.stringify(request)}\n`;
    await writer.write(new TextEncoder().encode(text));
    const line = await readLine(connection.readable, MAX_REPLY);
    const reply = readReply(line ?? "");
    if (reply !== undefined) return reply;
  } catch (error) {
    if (!isLate) return `${path}: ${whyNot(error)}`;
  } finally {
    clearTimeout(late);
    if (!isLate) connection.close();
  }
  const why = isLate ? `no answer within ${withinMs} ms` : "it gave no answer";
  return `${path}: ${why}`;
}

function whyNot(error: unknown): string {
  if (
    error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.ConnectionRefused
  ) return "no Legwork listens there";
  if (error instanceof Deno.errors.NotCapable) {
    return `reaching it is not permitted, add --allow-write for it`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Listens for `legwork reload`, `calls` and the other commands that ask a running Legwork. */

import type { Log } from "../log.ts";
import { checkOwner, CONTROL_FOLDER, prepareFolder } from "./socket_path.ts";
import {
  type ControlReply,
  type ControlRequest,
  MAX_REPLY,
  MAX_REQUEST,
  readLine,
  readRequest,
} from "./protocol.ts";

/** Answers a request; may reject. */
export type ControlHandler = (
  request: ControlRequest,
) => ControlReply | Promise<ControlReply>;

/** The control socket at `path`; Legwork runs without one where it cannot be had, or none is wanted. */
export async function openControl(
  path: string | undefined,
  answer: ControlHandler,
  { log }: { log: Log },
): Promise<ControlServer | undefined> {
  if (path === undefined || Deno.build.os === "windows") return undefined;
  try {
    return await ControlServer.open(path, answer);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn("no control socket, SIGHUP still reloads", { path, why });
    return undefined;
  }
}

/** Clients served at once; the next are turned away. */
const MAX_CLIENTS = 16;
/** How long a client has for its request. */
const REQUEST_MS = 5_000;

/** A control socket from {@linkcode ControlServer.open} until {@linkcode ControlServer.close}. */
export class ControlServer {
  readonly path: string;
  readonly #listener: Deno.UnixListener;
  readonly #answer: ControlHandler;
  #clients = 0;
  #closed = false;

  private constructor(
    path: string,
    listener: Deno.UnixListener,
    answer: ControlHandler,
  ) {
    this.path = path;
    this.#listener = listener;
    this.#answer = answer;
    this.#serve();
  }

  /** Rejects when the path cannot be had: another Legwork listens there, or writing there is not permitted. */
  static async open(
    path: string,
    answer: ControlHandler,
  ): Promise<ControlServer> {
    prepareFolder(path);
    for (const left of new Set([...socketsBeside(path), path])) {
      await removeStale(left);
    }
    const listener = Deno.listen({ transport: "unix", path });
    try {
      checkOwner(path);
    } catch (error) {
      listener.close();
      throw error;
    }
    return new ControlServer(path, listener, answer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    try {
      Deno.removeSync(this.path);
    } catch {
      // It is gone already.
    }
  }

  async #serve(): Promise<void> {
    for (;;) {
      let client: Deno.UnixConn;
      try {
        client = await this.#listener.accept();
      } catch {
        return;
      }
      if (this.#clients >= MAX_CLIENTS) client.close();
      else this.#talk(client);
    }
  }

  async #talk(client: Deno.UnixConn): Promise<void> {
    this.#clients++;
    const late = setTimeout(() => closeQuietly(client), REQUEST_MS);
    try {
      const line = await readLine(client.readable, MAX_REQUEST);
      clearTimeout(late);
      const reply = line === undefined ? WRONG : await this.#reply(line);
      const writer = client.writable.getWriter();
      await writer.write(lineOf(reply));
    } catch {
      // The client has gone away.
    } finally {
      clearTimeout(late);
      this.#clients--;
      closeQuietly(client);
    }
  }

  async #reply(line: string): Promise<ControlReply> {
    const request = readRequest(line);
    if (request === undefined) return WRONG;
    try {
      return await this.#answer(request);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { ok: false, lines: [why] };
    }
  }
}

const WRONG: ControlReply = {
  ok: false,
  lines: ["that is no request of this version of Legwork"],
};

/** A reply as a line, with as many of its own lines as the client takes: it reads no more than `MAX_REPLY` bytes. */
function lineOf(reply: ControlReply): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(reply)}\n`);
  if (bytes.length <= MAX_REPLY) return bytes;
  // A character is six bytes at most in JSON.
  let left = MAX_REPLY / 6 - 100;
  const all = reply.lines;
  const fits = all.findIndex((line) => (left -= line.length + 1) < 0);
  const lines = [...all.slice(0, fits), `... and ${all.length - fits} more`];
  const { ok } = reply;
  return new TextEncoder().encode(`${JSON.stringify({ ok, lines })}\n`);
}

/** The sockets of a folder that is Legwork's own; a process that was killed leaves its socket behind. */
function socketsBeside(path: string): string[] {
  if (!path.startsWith(`${CONTROL_FOLDER}/`)) return [];
  return [...Deno.readDirSync(CONTROL_FOLDER)]
    .filter(({ name }) => name.endsWith(".sock"))
    .map(({ name }) => `${CONTROL_FOLDER}/${name}`);
}

/** A socket that nobody answers was left behind by a process that is gone. */
async function removeStale(path: string): Promise<void> {
  try {
    if (!Deno.lstatSync(path).isSocket) return;
  } catch {
    return;
  }
  try {
    closeQuietly(await Deno.connect({ transport: "unix", path }));
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) return;
    try {
      Deno.removeSync(path);
    } catch {
      // Another process has removed it in the same moment.
    }
  }
}

function closeQuietly(connection: Deno.UnixConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

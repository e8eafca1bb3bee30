/**
 * A stream between two workers. It is opened by the one that holds connections; the other answers over it. A stream and
 * not datagrams: what came over a reliable transport is sent once, so that none of it may be lost between workers, and
 * it may be longer than a datagram.
 *
 * @module
 */

import {
  encodeFrame,
  FrameReader,
  type LinkFrame,
  MOST_FRAME_BYTES,
} from "./link_frames.ts";

/** What a {@linkcode WorkerLink} tells whoever has it. */
export interface LinkEvents {
  /** False when it makes no sense: then the link ends. Bytes of the frame are good during the call only. */
  onFrame(link: WorkerLink, frame: LinkFrame): boolean;
  /** It is over, said once; so many messages were never sent. */
  onEnd(link: WorkerLink, unsent: number): void;
}

/** Bytes that wait to be written to one link at most. */
export const LINK_QUEUE_BYTES = 8 * 1_048_576;
const READ_BYTES = 65_536;
/** The longest frame of one that has not said yet who it is: that it does say so. */
const STRANGER_BYTES = 64;

interface Queued {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isMessage: boolean;
}

/** See the module's text. */
export class WorkerLink {
  readonly #events: LinkEvents;
  readonly #queueBytes: number;
  readonly #reader = new FrameReader();
  #conn: Deno.TcpConn | undefined;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #writing = false;
  #isOver = false;
  #running: Promise<unknown>[] = [];

  constructor(events: LinkEvents, queueBytes = LINK_QUEUE_BYTES) {
    this.#events = events;
    this.#queueBytes = queueBytes;
  }

  /** Over: nothing can be sent any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves once nothing of it is left. */
  get done(): Promise<unknown> {
    return Promise.all(this.#running);
  }

  /** Opens it to a worker of this machine; what is sent meanwhile waits. */
  connect(hostname: string, port: number): void {
    this.#running.push(this.#connect(hostname, port));
  }

  /** Takes over what somebody has opened: until it is trusted, its frames are short. */
  adopt(conn: Deno.TcpConn): void {
    this.#reader.most = STRANGER_BYTES;
    this.#begin(conn);
  }

  /** The other end has said who it is. */
  trust(): void {
    this.#reader.most = MOST_FRAME_BYTES;
  }

  /**
   * False when a message, or a flow, does not fit, or the link is over. Word of an end and of outcomes has as much room
   * again: if that is not enough, the other end is lost, and the link ends.
   */
  send(frame: LinkFrame): boolean {
    if (this.#isOver) return false;
    const bytes = encodeFrame(frame);
    const isMessage = frame.kind === "message" || frame.kind === "send";
    const size = this.#queuedBytes + bytes.length;
    const isFull = size > this.#queueBytes || bytes.length > MOST_FRAME_BYTES;
    if (isFull && (isMessage || frame.kind === "flow")) return false;
    if (size > 2 * this.#queueBytes) {
      this.end();
      return false;
    }
    this.#queue.push({ bytes, isMessage });
    this.#queuedBytes = size;
    this.#drain();
    return true;
  }

  /** Ends it at once. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#conn?.close();
    } catch {
      // The runtime has closed it already.
    }
    const unsent = this.#queue.filter(({ isMessage }) => isMessage).length;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#events.onEnd(this, unsent);
  }

  async #connect(hostname: string, port: number): Promise<void> {
    let conn: Deno.TcpConn;
    try {
      conn = await Deno.connect({ hostname, port });
    } catch {
      this.end();
      return;
    }
    if (this.#isOver) conn.close();
    else this.#begin(conn);
  }

  #begin(conn: Deno.TcpConn): void {
    this.#conn = conn;
    conn.setNoDelay(true);
    this.#running.push(this.#read(conn));
    this.#drain();
  }

  async #read(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    const take = (frame: LinkFrame): boolean =>
      !this.#isOver && this.#events.onFrame(this, frame);
    while (!this.#isOver) {
      const size = await conn.read(buffer).catch(() => null);
      if (this.#isOver) return;
      if (size === null || !this.#reader.push(buffer.subarray(0, size), take)) {
        this.end();
      }
    }
  }

  #drain(): void {
    const conn = this.#conn;
    if (conn === undefined || this.#writing || this.#queue.length === 0) return;
    this.#writing = true;
    const writing = this.#writeAll(conn).finally(() => {
      this.#running = this.#running.filter((one) => one !== writing);
    });
    this.#running.push(writing);
  }

  async #writeAll(conn: Deno.TcpConn): Promise<void> {
    // What is sent in one turn of the loop leaves together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      const bytes = joined(batch);
      try {
        for (let at = 0; at < bytes.length;) {
          at += await conn.write(bytes.subarray(at));
        }
      } catch {
        this.end();
        break;
      }
      if (this.#isOver) break;
      this.#queuedBytes -= bytes.length;
    }
    this.#writing = false;
  }
}

function joined(batch: readonly Queued[]): Uint8Array<ArrayBuffer> {
  const size = batch.reduce((all, { bytes }) => all + bytes.length, 0);
  const all = new Uint8Array(size);
  let at = 0;
  for (const { bytes } of batch) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

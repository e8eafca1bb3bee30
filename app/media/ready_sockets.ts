/**
 * Which of many sockets have something to receive: the kernel's epoll. While nothing comes a thread waits for it; when
 * something does the process looks again and again, under load once a millisecond, and finds the packets of many calls
 * together. It sleeps the rest of that millisecond in place, as core/transport/pace.ts does and for the same reasons.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Libc } from "../../core/transport/libc.ts";

/** One that is waited for. */
export interface Waiting {
  readonly fd: number;
  /** Receives all that is there; how many datagrams that were. */
  receive(): number;
}

const CTL_ADD = 1;
const EPOLLIN = 1;
/** Sockets told of at once; the others come with the next look. */
const MOST = 512;
/** struct epoll_event is packed on x86-64 and nowhere else. */
const IS_PACKED = Deno.build.arch === "x86_64";
const EVENT_WORDS = IS_PACKED ? 3 : 4;
const DATA_WORD = IS_PACKED ? 1 : 2;
/** How long a thread waits at a time: as long as the process is kept up by it once all sockets are closed. */
const WAIT_MS = 100;
/** The longest that a datagram waits to be looked at, under load. */
const TURN_MS = 1;
/** Load: so many datagrams a look, over so many looks. */
const BUSY = 2;
const MEMORY_LOOKS = 16;
/** Shorter sleeps are not worth their call, and a sleep takes so much longer than it was asked for. */
const LEAST_SLEEP_MS = 0.1;
const LATE_US = 60;
/** How long after the last packet it is still looked. */
const PATIENCE_MS = 30;

/** See the module's text. */
export class ReadySockets {
  readonly #libc: Libc;
  readonly #waiting = new Map<number, Waiting>();
  readonly #events = new Int32Array(new ArrayBuffer(MOST * EVENT_WORDS * 4));
  #epoll = -1;
  #running: Promise<void> | undefined;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Resolves when all sockets are closed, and nothing waits any more. */
  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  add(socket: Waiting): void {
    const { calls } = this.#libc;
    if (this.#epoll < 0) this.#epoll = calls.epoll_create1(0);
    const event = new Int32Array(new ArrayBuffer(EVENT_WORDS * 4));
    event[0] = EPOLLIN;
    event[DATA_WORD] = socket.fd;
    calls.epoll_ctl(this.#epoll, CTL_ADD, socket.fd, event);
    this.#waiting.set(socket.fd, socket);
    this.#running ??= this.#run();
  }

  /** To be called before its descriptor is closed, which takes it out of the kernel's list. */
  remove({ fd }: Waiting): void {
    this.#waiting.delete(fd);
  }

  async #run(): Promise<void> {
    const { calls } = this.#libc;
    while (this.#waiting.size > 0) {
      const epoll = this.#epoll;
      const count = await calls.epollWaitSoon(
        epoll,
        this.#events,
        MOST,
        WAIT_MS,
      );
      if (this.#take(count) > 0) await this.#look();
    }
    calls.close(this.#epoll);
    this.#epoll = -1;
    this.#running = undefined;
  }

  /** Once a millisecond, until nothing has come for a while. */
  async #look(): Promise<void> {
    const { calls } = this.#libc;
    let heardAtMs = performance.now();
    let lookedAtMs = heardAtMs;
    /** Datagrams that a look finds, lately. */
    let usual = 0;
    while (this.#waiting.size > 0) {
      if (usual >= BUSY) {
        const leftMs = lookedAtMs + TURN_MS - performance.now();
        if (leftMs > LEAST_SLEEP_MS) {
          calls.usleep(Math.round(leftMs * 1000) - LATE_US);
        }
        await new Promise<void>((resolve) => setImmediate(resolve));
      } else {
        await new Promise((resolve) => setTimeout(resolve, TURN_MS));
      }
      lookedAtMs = performance.now();
      const count = calls.epoll_wait(this.#epoll, this.#events, MOST, 0);
      const datagrams = this.#take(count);
      usual += (datagrams - usual) / MEMORY_LOOKS;
      if (datagrams > 0) heardAtMs = lookedAtMs;
      else if (lookedAtMs - heardAtMs > PATIENCE_MS) return;
    }
  }

  #take(count: number): number {
    let datagrams = 0;
    for (let at = 0; at < count; at++) {
      const fd = this.#events[at * EVENT_WORDS + DATA_WORD]!;
      // It may have been closed by what another has received.
      datagrams += this.#waiting.get(fd)?.receive() ?? 0;
    }
    return datagrams;
  }
}

/** One medium of a session description: its `m=` line, and the lines that follow it. */

import type { SdpLine } from "./line.ts";
import { SdpSection } from "./section.ts";

/** RFC 8866 section 5.14: `m=<media> <port>/<number of ports> <proto> <fmt> ...`. */
const KIND = 0;
const PORT = 1;
const PROTOCOL = 2;
const FIRST_FORMAT = 3;

/** See the module comment. A malformed `m=` line reads as far as it goes, and stays as it is. */
export class MediaDescription extends SdpSection {
  constructor(lines: SdpLine[], ending: string) {
    super(lines, ending);
  }

  /** `audio`, `video`, `image` or other. */
  get kind(): string {
    return this.#word(KIND);
  }

  /** `RTP/AVP`, `udptl` or other. */
  get protocol(): string {
    return this.#word(PROTOCOL);
  }

  set protocol(protocol: string) {
    if (!/^[\w.!#$%&'*+^`{|}~/-]+$/.test(protocol)) {
      throw new TypeError(
        `Cannot set protocol: found ${
          JSON.stringify(protocol)
        }, wanted a name like RTP/AVP`,
      );
    }
    this.#setWord(PROTOCOL, protocol);
  }

  /** 0 when it is refused, over, or unreadable. */
  get port(): number {
    const port = parseInt(this.#word(PORT), 10);
    return Number.isNaN(port) ? 0 : port;
  }

  /** Keeps the number of ports where there is one. */
  set port(port: number) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new RangeError(`Cannot set port: found ${port}, wanted 0 to 65535`);
    }
    const slash = this.#word(PORT).indexOf("/");
    const count = slash < 0 || port === 0 ? "" : this.#word(PORT).slice(slash);
    this.#setWord(PORT, `${port}${count}`);
  }

  /** Payload types, or what the protocol has instead. */
  get formats(): string[] {
    return this.#words().slice(FIRST_FORMAT);
  }

  /** Throws TypeError for none: the grammar wants one at least. */
  set formats(formats: readonly string[]) {
    if (formats.length === 0) {
      throw new TypeError("Cannot set formats: a medium has at least one");
    }
    const head = this.#words().slice(0, FIRST_FORMAT);
    this.replace("m", [...head, ...formats].join(" "));
  }

  #word(index: number): string {
    return this.#words()[index] ?? "";
  }

  #words(): string[] {
    return (this.get("m") ?? "").split(" ").filter((word) => word !== "");
  }

  #setWord(index: number, word: string): void {
    const words = this.#words();
    if (words.length <= FIRST_FORMAT) {
      throw new TypeError(
        `Cannot change medium: its line "m=${this.get("m")}" is malformed`,
      );
    }
    words[index] = word;
    this.replace("m", words.join(" "));
  }
}

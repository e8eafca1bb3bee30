/** Lines of a session description (RFC 8866 section 5), each with the line break it came with. */

/** One line, immutable: `a=sendrecv` and how it ended. */
export class SdpLine {
  constructor(
    readonly text: string,
    /** CRLF, a bare LF, or nothing at the end of the text. */
    readonly ending: string,
  ) {}

  /** `a` of `a=sendrecv`; "" for what is no `<type>=<value>` line. */
  get type(): string {
    return this.text.charAt(1) === "=" ? this.text.charAt(0) : "";
  }

  /** `sendrecv` of `a=sendrecv`. */
  get value(): string {
    return this.type === "" ? "" : this.text.slice(2);
  }

  /** The same line with another value. */
  withValue(value: string): SdpLine {
    return new SdpLine(`${this.type}=${value}`, this.ending);
  }

  toString(): string {
    return this.text + this.ending;
  }
}

/**
 * Takes a text apart so that the pieces in a row are the text again. §5: "The sequence CRLF (0x0d0a) is used to end a
 * line, although parsers SHOULD be tolerant and also accept lines terminated with a single newline character."
 */
export function splitLines(text: string): SdpLine[] {
  const lines: SdpLine[] = [];
  let start = 0;
  while (start < text.length) {
    const feed = text.indexOf("\n", start);
    if (feed < 0) {
      lines.push(new SdpLine(text.slice(start), ""));
      break;
    }
    const end = feed > start && text.charAt(feed - 1) === "\r"
      ? feed - 1
      : feed;
    lines.push(new SdpLine(text.slice(start, end), text.slice(end, feed + 1)));
    start = feed + 1;
  }
  return lines;
}

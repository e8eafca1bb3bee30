/** Where a command writes: standard output, standard error, and what is known of who reads them. */

/** The two ways out of a command. */
export interface Terminal {
  /** One line, without its end, of what was asked for. */
  out(line: string): void;
  /** One line, without its end, about how it went. */
  err(line: string): void;
  /** Columns, where standard output is a terminal. */
  readonly width: number | undefined;
  /** Whether standard output shows colours. */
  readonly color: boolean;
}

const ENCODER = new TextEncoder();

/** The terminal of the process. A reader that has gone away harms nobody. */
export function processTerminal(): Terminal {
  const isTerminal = Deno.stdout.isTerminal();
  return {
    out: (line) => write(Deno.stdout, line),
    err: (line) => write(Deno.stderr, line),
    width: isTerminal ? columns() : undefined,
    color: isTerminal && !Deno.noColor,
  };
}

function write(
  stream: { writeSync(bytes: Uint8Array): number },
  line: string,
): void {
  const bytes = ENCODER.encode(`${line}\n`);
  try {
    for (let sent = 0; sent < bytes.length;) {
      sent += stream.writeSync(bytes.subarray(sent));
    }
  } catch {
    // A closed pipe, a full disk: there is nobody to tell, and calls matter more than their log.
  }
}

function columns(): number | undefined {
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : undefined;
  } catch {
    return undefined;
  }
}

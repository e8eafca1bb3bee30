/** Rules between the keys of a trunk's `keepalive` block. */

/** A rule that does not hold, at a key of the block. */
export interface KeepAliveProblem {
  readonly keys: readonly string[];
  readonly message: string;
}

/** Every rule that the block breaks; `servers` are those of the trunk, as written. */
export function* keepAliveProblems(
  block: Readonly<Record<string, unknown>>,
  servers: readonly string[],
): Generator<KeepAliveProblem> {
  const { method = "options", server, custom } = block;
  if (method === "none") return;
  if (method === "custom" && custom === undefined) {
    yield {
      keys: ["method"],
      message:
        "keepalive.method is custom, wanted custom: {method: ...} beside it",
    };
  } else if (method !== "custom" && custom !== undefined) {
    yield {
      keys: ["custom"],
      message: `keepalive.method is ${
        JSON.stringify(method)
      }, custom is never used: wanted method: custom`,
    };
  }
  if (servers.length === 0 && server === undefined) {
    yield {
      keys: [],
      message:
        "the trunk has no servers to keep alive, wanted servers or keepalive.server",
    };
  }
  const targets = typeof server === "string" ? [server] : servers;
  const stream = targets.find((uri) => /^sips:|;transport=(?!udp)/i.test(uri));
  if (stream !== undefined && (method === "stun" || method === "keep-alive")) {
    yield {
      keys: ["method"],
      message: `keepalive.method is ${method}, which goes by UDP alone, and ${
        JSON.stringify(stream)
      } is reached by a stream: wanted crlf, empty, options or notify`,
    };
  }
  yield* waits(block);
}

/** An answer that came after the next keep-alive could not be told from that one's. */
function* waits(
  block: Readonly<Record<string, unknown>>,
): Generator<KeepAliveProblem> {
  const { interval = 30, timeout } = block;
  if (
    Number.isInteger(timeout) && Number.isInteger(interval) &&
    Number(timeout) > Number(interval)
  ) {
    yield {
      keys: ["timeout"],
      message: `timeout is ${timeout}, wanted at most interval, ${interval}`,
    };
  }
}

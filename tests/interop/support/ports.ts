/** Ports of the loopback address, from a range that nothing else here uses. */

const FIRST = 21000;
const LAST = 21999;

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST - 100));

/** `count` ports in a row, free on UDP and TCP when asked for. */
export function freePorts(count: number): number[] {
  for (let tries = 0; tries < LAST - FIRST; tries++) {
    if (next + count > LAST) next = FIRST;
    const ports = Array.from({ length: count }, (_, i) => next + i);
    next += count;
    if (ports.every(isFree)) return ports;
  }
  throw new Error(`no ${count} free ports in ${FIRST}-${LAST}`);
}

/** One free port; an even one, as RTP likes it. */
export function freePort(): number {
  const [first = FIRST, second = FIRST] = freePorts(2);
  return first % 2 === 0 ? first : second;
}

/** Waits until a program of this machine has bound the port. */
export async function bound(
  port: number,
  transport: "udp" | "tcp",
): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  for (let tries = 0; tries < 200; tries++) {
    const table = await Deno.readTextFile(`/proc/net/${transport}`);
    const local = table.split("\n").map((line) => line.trim().split(" ")[1]);
    if (local.some((address) => `${address} `.endsWith(hex))) return;
    await pause(25);
  }
  throw new Error(`nothing bound ${transport} port ${port} within 5 s`);
}

/** Real peers live in real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

function isFree(port: number): boolean {
  try {
    Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port })
      .close();
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}

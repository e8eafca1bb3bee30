/** rtpengine in userspace as a relay to compare with: its calls, set up by the ng protocol. */

import { SystemClock } from "../../app/system_clock.ts";
import { SystemRandom } from "../../app/system_random.ts";
import { TextSocket } from "../../app/text_socket.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { NgExchange } from "../../core/media/ng_exchange.ts";
import { NgServers } from "../../core/media/ng_servers.ts";
import type { NgRewritten } from "../../core/media/ng_session.ts";
import { NgSessions } from "../../core/media/ng_sessions.ts";
import { phoneSdp } from "./phone_sdp.ts";

/** Words of its command line; one thread, no kernel module. */
export function rtpengineArgs(
  { ngPort, port, calls }: { ngPort: number; port: number; calls: number },
): string[] {
  return [
    ...["--foreground", "--log-stderr", "--log-level=2", "--table=-1"],
    "--interface=127.0.0.1",
    `--listen-ng=127.0.0.1:${ngPort}`,
    ...[`--port-min=${port}`, `--port-max=${port + 4 * calls + 63}`],
    "--num-threads=1",
  ];
}

/** Sets calls up; the ports that the phones speak to, two a call. */
export async function rtpengineCalls(
  { ngPort, phonePort, calls }: {
    ngPort: number;
    phonePort: number;
    calls: number;
  },
): Promise<number[]> {
  const onFault = (what: unknown): void => console.error(what);
  const clock = new SystemClock({ onFault });
  const random = new SystemRandom();
  const observer = new CountingObserver();
  const socket = new TextSocket({ host: "127.0.0.1", port: 0 }, {
    received: (text) => exchange.received(text),
    onFault,
  });
  const exchange = new NgExchange({ clock, random, observer, socket });
  const servers = new NgServers({
    clock,
    random,
    observer,
    exchange,
    servers: [{ address: { host: "127.0.0.1", port: ngPort }, weight: 1 }],
  });
  const sessions = new NgSessions({ servers, random, observer });
  const ports: number[] = [];
  for (let i = 0; i < calls; i++) {
    const session = sessions.begin();
    const offered = await portOf((done) =>
      session.offer(phoneSdp(phonePort + 4 * i), { from: "a", done })
    );
    const answered = await portOf((done) =>
      session.answer(phoneSdp(phonePort + 4 * i + 2), { from: "b", done })
    );
    ports.push(answered, offered);
  }
  return ports;
}

async function portOf(
  ask: (done: (rewritten: NgRewritten) => void) => void,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<NgRewritten>();
  ask(resolve);
  const rewritten = await promise;
  const found = rewritten.kind === "ok"
    ? /^m=audio (\d+)/m.exec(rewritten.sdp)?.[1]
    : undefined;
  if (found === undefined) throw new Error(JSON.stringify(rewritten));
  return Number(found);
}

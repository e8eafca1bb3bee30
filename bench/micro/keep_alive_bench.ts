/**
 * What a keep-alive datagram costs from the socket up: told from messages, counted, noted for its peer, the hook asked
 * where there is one. The bare receive is not in it.
 * Run: `deno bench bench/micro/keep_alive_bench.ts`.
 */

import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import { ignore } from "../../core/call/decisions.ts";
import type { Policy } from "../../core/call/policy.ts";
import { toBytes } from "../../core/message/bytes.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import type { Flow } from "../../core/transport/flow.ts";
import type {
  Transport,
  TransportEvents,
} from "../../core/transport/transport.ts";

const LOCAL = { host: "192.0.2.1", port: 5060 };
const TRUNKS = 100;
const PEERS = 5_000;
/** Of STUN. */
const COOKIE = "\x21\x12\xa4\x42";

/** Gives what it is told to have received. */
class Ear implements Transport {
  readonly name = "UDP";
  readonly listener = "udp:192.0.2.1:5060";
  readonly local = LOCAL;
  events: TransportEvents | undefined;

  open(events: TransportEvents): void {
    this.events = events;
  }

  flowTo(remote: Flow["remote"]): Flow {
    return {
      transport: "UDP",
      reliable: false,
      local: LOCAL,
      remote,
      listener: this.listener,
      sentBy: "192.0.2.1:5060",
      open: true,
    };
  }

  send(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function open(policy: Policy): Promise<Ear> {
  const ear = new Ear();
  const none = (): Promise<[]> => Promise.resolve([]);
  const b2bua = new B2bua({
    clock: new TimerWheel(),
    random: seededRandom(1),
    transports: [ear],
    dns: { naptr: none, srv: none, a: none, aaaa: none },
    observer: new CountingObserver(),
    trunks: Array.from({ length: TRUNKS }, (_, index) => ({
      name: `trunk${index}`,
      servers: [parseSipUri(`sip:198.51.100.${index}`)!],
    })),
    policy: { acquire: () => policy, release: () => {} },
  });
  await b2bua.open();
  return ear;
}

const plain = await open({});
const asked = await open({ onKeepAlive: () => ignore() });
const flows = Array.from(
  { length: PEERS },
  (_, index) =>
    plain.flowTo({
      host: `203.0.${index >> 8}.${index & 255}`,
      port: 1024 + index,
    }),
);
let turn = 0;

function bench(name: string, text: string, ear: Ear): void {
  const bytes = toBytes(text);
  Deno.bench(name, () => {
    turn = turn + 1 < PEERS ? turn + 1 : 0;
    ear.events?.onBytes(bytes, flows[turn]!);
  });
}

bench("CRLF CRLF of one of 5,000 peers", "\r\n\r\n", plain);
bench("four NULs of one of 5,000 peers", "\0\0\0\0", plain);
bench("the word keep-alive of one of 5,000 peers", "keep-alive\r\n", plain);
bench(
  "STUN Binding request of one of 5,000 peers, answered",
  `\x00\x01\x00\x00${COOKIE}twelve bytes`,
  plain,
);
bench(
  "STUN of RFC 3489 with CHANGE-REQUEST, answered",
  "\x00\x01\x00\x08sixteen bytes id\x00\x03\x00\x04\0\0\0\0",
  plain,
);
bench("CRLF CRLF, a TypeScript onKeepAlive asked", "\r\n\r\n", asked);

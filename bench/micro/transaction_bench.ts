/**
 * What a transaction costs, client and server side together, over a transport that parses on arrival but has no socket.
 * Run: `deno bench bench/micro/transaction_bench.ts`.
 */

import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { responseTo } from "../../core/message/build.ts";
import { toBytes } from "../../core/message/bytes.ts";
import type { SipRequest, SipResponse } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";
import type { ClientUser } from "../../core/transaction/client_transaction.ts";
import type { ServerTransaction } from "../../core/transaction/server_transaction.ts";
import { DEFAULT_TIMERS } from "../../core/transaction/timers.ts";
import {
  TransactionLayer,
  type TransactionUser,
} from "../../core/transaction/transaction_layer.ts";
import type { MessageTransport } from "../../core/transaction/transport_port.ts";
import type { Target } from "../../core/transport/address.ts";
import type { Flow } from "../../core/transport/flow.ts";
import type { TransportHandler } from "../../core/transport/transport_layer.ts";

const FLOW: Flow = {
  transport: "UDP",
  reliable: false,
  local: { host: "192.0.2.1", port: 5060 },
  remote: { host: "192.0.2.2", port: 5060 },
  listener: "udp:192.0.2.1:5060",
  sentBy: "192.0.2.1:5060",
  open: true,
};
const TARGET: Target = { transport: "UDP", host: "192.0.2.2", port: 5060 };

/** Hands every message to the layer at the other end. */
class Wire implements MessageTransport {
  handler: TransportHandler = { onMessage(): void {}, onMalformed(): void {} };
  peer: Wire | undefined;

  flowTo(): Flow {
    return FLOW;
  }

  supports(): boolean {
    return true;
  }

  responseFlow(): Flow {
    return FLOW;
  }

  send(bytes: Uint8Array): void {
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.peer?.handler.onMessage(parsed.message, FLOW);
  }
}

/** Answers an INVITE with 180 and 200 or 486, anything else with 200. */
class Answering implements TransactionUser {
  final = 200;

  onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.method === "INVITE") {
      transaction.respond(responseTo(request, 180, { toTag: "callee" }));
    }
    transaction.respond(responseTo(request, this.final, { toTag: "callee" }));
  }

  onCancel(): void {}
  onAck(): void {}
  onStrayResponse(): void {}
}

const wheel = new TimerWheel();
const callee = new Answering();
const [near, far] = [new Wire(), new Wire()];
near.peer = far;
far.peer = near;
const layer = layerOn(near, new Answering());
const other = layerOn(far, callee);
const user: ClientUser = {
  onResponse(_response: SipResponse): void {},
  onFailure(): void {},
};
const INVITE = request("INVITE");
const OPTIONS = request("OPTIONS");
let sequence = 0;

Deno.bench("INVITE, 180, 200: both ends until both are gone", () => {
  exchange(INVITE, 200);
});

Deno.bench("INVITE, 180, 486, ACK: both ends until both are gone", () => {
  exchange(INVITE, 486);
});

Deno.bench("OPTIONS, 200: both ends until both are gone", () => {
  exchange(OPTIONS, 200);
});

function exchange(message: SipRequest, final: number): void {
  callee.final = final;
  layer.request(message, { target: TARGET, flow: FLOW }, user);
  // All timers of the exchange, a thousand exchanges at a time, as they would pass by under load.
  if (++sequence % 1000 === 0) {
    wheel.advance(wheel.now() + 40_000);
    if (layer.size + other.size !== 0) throw new Error("transactions left");
  }
}

function layerOn(wire: Wire, owner: TransactionUser): TransactionLayer {
  return new TransactionLayer({
    clock: wheel,
    random: seededRandom(1),
    transport: wire,
    timers: DEFAULT_TIMERS,
    limits: DEFAULT_LIMITS,
    observer: new CountingObserver(),
    user: owner,
  });
}

/** A request in a dialog, so that a thousand of them at once are not merged ones. */
function request(method: string): SipRequest {
  const parsed = parseMessage(toBytes(
    [
      `${method} sip:bob@192.0.2.2 SIP/2.0`,
      "Max-Forwards: 70",
      "From: <sip:alice@192.0.2.1>;tag=caller",
      "To: <sip:bob@192.0.2.2>;tag=callee",
      "Call-ID: 3c26700c1adb8eec-bench",
      `CSeq: 1 ${method}`,
      "Contact: <sip:alice@192.0.2.1:5060>",
      "Content-Type: application/sdp",
      "",
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n",
    ].join("\r\n"),
  ));
  if (!parsed.ok || parsed.message.kind !== "request") {
    throw new TypeError("Cannot run bench: its own request does not parse");
  }
  return parsed.message;
}

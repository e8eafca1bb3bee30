/**
 * The floor: what a bare Deno program spends to move the datagrams of a call.
 * It passes on each datagram between two ports and sends one more for each
 * INVITE, where a B2BUA sends 100: six in, seven out for a call, as many as
 * Legwork moves.
 *
 * Run: `deno run --allow-net bench/calls/echo.ts PORT CALLEE_PORT`.
 */

const [port = 0, callee = 0] = Deno.args.map(Number);
const hostname = "127.0.0.1";
const transport = "udp";
const INVITE = 0x49;

const socket = Deno.listenDatagram({ transport, hostname, port });
// Never read: its buffer fills and the kernel drops the rest.
const sink = Deno.listenDatagram({ transport, hostname, port: 0 });
const calleeAddress: Deno.NetAddr = { transport, hostname, port: callee };
let callerAddress: Deno.Addr = calleeAddress;

console.log(`echo listening on udp:${hostname}:${port}`);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));

const buffer = new Uint8Array(65_536);
for (;;) {
  const [bytes, from] = await socket.receive(buffer);
  if ((from as Deno.NetAddr).port === callee) {
    await socket.send(bytes, callerAddress);
    continue;
  }
  callerAddress = from;
  if (bytes[0] === INVITE) await socket.send(bytes, sink.addr);
  await socket.send(bytes, calleeAddress);
}

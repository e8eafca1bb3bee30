/**
 * `legwork demo`: one call from a simulated carrier through Legwork to a simulated PBX, on real sockets of this
 * machine, drawn as it passes.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { LegworkError } from "../../core/base/errors.ts";
import type { Address } from "../../core/transport/address.ts";
import type { Tap } from "../../core/transport/transport_layer.ts";
import { UdpTransport } from "../../core/transport/udp.ts";
import { SipUri } from "../../core/message/uri.ts";
import type { Command } from "../args.ts";
import { type ListenAddress, parseServer } from "../config/address.ts";
import { defaultConfig } from "../config/default_config.ts";
import { LEGWORK } from "../ladder/ladder.ts";
import { messageLabel } from "../ladder/live.ts";
import { Drawing } from "../ladder/print.ts";
import { ladderPrinter } from "../ladder_live.ts";
import { Log } from "../log.ts";
import { Server } from "../server.ts";
import { StopSignals } from "../signals.ts";
import { SystemClock } from "../system_clock.ts";
import { SystemRandom } from "../system_random.ts";
import type { Terminal } from "../terminal.ts";
import { Phone } from "./phone.ts";
import type { PhoneCall } from "./phone_call.ts";

/** The arguments of `demo`. */
export type DemoCommand = Extract<Command, { name: "demo" }>;

const HOST = "127.0.0.1";
const CALLEE = "1000";
const SCRIPT = new URL("route.ts", import.meta.url);
const RING_MS = 400;
const TALK_MS = 300;
/** On a machine that is very busy. */
const LONGEST_MS = 20_000;

/** Resolves with the exit code: 0 when the call went as it should. */
export async function demo(
  command: DemoCommand,
  terminal: Terminal,
): Promise<number> {
  await using stage = await Stage.open(command, terminal);
  const startedMs = performance.now();
  const problem = await Promise.race([stage.playCall(), stage.tooLate()]);
  if (problem !== undefined) {
    terminal.err(`The demo call failed: ${problem}`);
    return 1;
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  terminal.out("");
  terminal.out(
    `One call, ${stage.messages} messages, ${seconds} s: 180, 200, hold, a key by INFO, BYE; nothing is left of it.`,
  );
  terminal.out(
    "The script app/demo/route.ts sent it to the PBX and wrote X-Demo into the INVITE.",
  );
  if (command.stay) await stay(stage, terminal);
  return 0;
}

async function stay(stage: Stage, terminal: Terminal): Promise<void> {
  stage.showLive();
  const signals = new StopSignals({ onHangUp: () => void stage.reload() });
  const { host, port } = stage.address;
  for (
    const line of [
      "",
      `Legwork listens on ${stage.listeners}; a simulated PBX answers every call.`,
      "Try it from another terminal, with SIPp:",
      `  sipp -sn uac ${host}:${port} -s ${CALLEE} -m 1`,
      "or with a phone that needs no registration:",
      `  baresip -e "/dial sip:${CALLEE}@${host}:${port}"`,
      `Edit ${fileURLToPath(SCRIPT)}: what is saved is live on the next call.`,
      "Ctrl-C ends it.",
      "",
    ]
  ) terminal.out(line);
  await signals.first;
  await Promise.race([stage.drain(), signals.second]);
  signals.dispose();
}

/** Everybody who takes part. */
class Stage implements AsyncDisposable {
  readonly #server: Server;
  readonly #carrier: Phone;
  readonly #pbx: Phone;
  readonly #clock: SystemClock;
  readonly #taken: Promise<PhoneCall>;
  readonly #view: View;

  private constructor(
    parts: {
      server: Server;
      carrier: Phone;
      pbx: Phone;
      clock: SystemClock;
      taken: Promise<PhoneCall>;
      view: View;
    },
  ) {
    this.#server = parts.server;
    this.#carrier = parts.carrier;
    this.#pbx = parts.pbx;
    this.#clock = parts.clock;
    this.#taken = parts.taken;
    this.#view = parts.view;
  }

  static async open(command: DemoCommand, terminal: Terminal): Promise<Stage> {
    const clock = new SystemClock();
    const taken = Promise.withResolvers<PhoneCall>();
    const shared = { clock, random: new SystemRandom(), ringMs: RING_MS };
    const carrier = new Phone({
      ...shared,
      name: "carrier",
      transport: new UdpTransport({ host: HOST, port: 0 }),
    });
    const pbx = new Phone({
      ...shared,
      name: "pbx",
      transport: new UdpTransport({ host: HOST, port: 0 }),
      onCall: (call) => taken.resolve(call),
    });
    await carrier.open();
    await pbx.open();
    const view = new View(terminal);
    const log = new Log({
      level: command.logLevel ?? (command.stay ? "info" : "warn"),
      format: command.logFormat ?? "text",
      write: (line) => terminal.err(line),
      wallTime: () => Date.now(),
    });
    const peers = { carrier: carrier.local, pbx: pbx.local };
    const server = await startServer({ log, peers, view, stay: command.stay });
    view.trunkOf = (at, listener) => server.b2bua.trunkOf(at, listener);
    if (command.stay) server.scripts.watch();
    return new Stage({
      server,
      carrier,
      pbx,
      clock,
      view,
      taken: taken.promise,
    });
  }

  get messages(): number {
    return this.#view.messages;
  }

  get listeners(): string {
    return this.#server.b2bua.listeners.join(" ");
  }

  /** Where to call: the UDP listener. */
  get address(): Address {
    const udp = this.#server.b2bua.listeners.find((name) =>
      name.startsWith("udp:")
    );
    return { host: HOST, port: Number(udp?.split(":").at(-1)) };
  }

  /** The call of the demo; resolves with what went wrong, if anything did. */
  async playCall(): Promise<string | undefined> {
    const { host, port } = this.address;
    const uri = new SipUri("sip", CALLEE, undefined, host, port, "", "");
    const calling = this.#carrier.call(uri);
    const answer = await calling.answered;
    if (answer !== 200) return `the PBX answered ${answer}, wanted 200`;
    const called = await this.#taken;
    await this.#pause(TALK_MS);
    const held = await called.hold();
    if (held !== 200) return `hold was answered ${held}, wanted 200`;
    await this.#pause(TALK_MS);
    const pressed = await calling.press("5");
    if (pressed !== 200) return `INFO was answered ${pressed}, wanted 200`;
    await this.#pause(TALK_MS);
    calling.hangUp();
    await called.ended;
    while (this.#isBusy) await this.#pause(10);
    return undefined;
  }

  async tooLate(): Promise<string> {
    await this.#pause(LONGEST_MS);
    return `it was not over after ${LONGEST_MS / 1000} s`;
  }

  /** From now on whoever calls is drawn. */
  showLive(): void {
    this.#view.showLive();
  }

  async reload(): Promise<void> {
    await this.#server.scripts.reload({ by: "SIGHUP" });
  }

  async drain(): Promise<void> {
    await this.#server.drain(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await this.#carrier.close();
    await this.#pbx.close();
    this.#clock.stop();
  }

  get #isBusy(): boolean {
    const { calls, dialogs } = this.#server.b2bua.census;
    return calls + dialogs > 0;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.schedule(ms, { onTimer: () => resolve() }, "pause");
    });
  }
}

/** Draws the demo's call in its three columns, and later ones with whoever takes part. */
class View {
  messages = 0;
  trunkOf: (at: Address, listener: string) => string | undefined = () =>
    undefined;
  readonly #terminal: Terminal;
  readonly #drawing: Drawing;
  #startMs: number | undefined;
  #live: Tap | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#drawing = new Drawing({
      participants: ["carrier", LEGWORK, "pbx"],
      color: terminal.color,
      ...(terminal.width === undefined ? {} : { width: terminal.width }),
    });
  }

  readonly tap: Tap = (direction, message, flow, atMs) => {
    if (this.#live !== undefined) {
      this.#live(direction, message, flow, atMs);
      return;
    }
    if (this.messages++ === 0) this.#terminal.out(this.#drawing.header());
    const peer = this.trunkOf(flow.remote, flow.listener) ?? "?";
    this.#startMs ??= atMs;
    const lines = this.#drawing.arrow({
      atMs: atMs - this.#startMs,
      from: direction === "in" ? peer : LEGWORK,
      to: direction === "in" ? LEGWORK : peer,
      label: messageLabel(message),
    });
    for (const line of lines) this.#terminal.out(line);
  };

  showLive(): void {
    this.#live = ladderPrinter(this.#terminal, {
      trunkOf: ({ remote, listener }) => this.trunkOf(remote, listener),
    }).tap;
  }
}

/** Legwork between the two phones: where a demo that stays can be found, on the usual port if that is free. */
async function startServer(
  { log, peers, view, stay }: {
    log: Log;
    peers: Readonly<Record<string, Address>>;
    view: View;
    stay: boolean;
  },
): Promise<Server> {
  const trunks = Object.entries(peers).flatMap(([name, { host, port }]) => {
    const server = parseServer(`sip:${host}:${port}`);
    return server === undefined ? [] : [{ name, server }];
  });
  const start = async (listen: readonly ListenAddress[]): Promise<Server> => {
    const scripts = [fileURLToPath(SCRIPT)];
    const { config, problem } = defaultConfig({
      scripts,
      listen,
      trunks,
      open: false,
    });
    if (config === undefined) throw new LegworkError("DEMO", problem);
    return await Server.start({ config, scripts, log, tap: view.tap });
  };
  const anyPort = [{ transport: "udp", host: HOST, port: 0 }] as const;
  if (!stay) return await start(anyPort);
  try {
    return await start([]);
  } catch (error) {
    if (error instanceof LegworkError && error.code === "LISTEN") {
      return await start(anyPort);
    }
    throw error;
  }
}

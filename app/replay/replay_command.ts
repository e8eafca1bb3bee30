/** `legwork replay`: what scripts would change in captured messages. */

import { CountingObserver, type LogRecord } from "../../core/base/observer.ts";
import { InviteView } from "../../core/call/call_view.ts";
import { MessagePlanes } from "../../core/call/message_hooks.ts";
import type { CallView, LegView } from "../../core/call/policy.ts";
import { toText } from "../../core/message/bytes.ts";
import {
  type Address,
  formatAddress,
  sameAddress,
} from "../../core/transport/address.ts";
import { TrunkTable } from "../../core/trunk/trunk_table.ts";
import { ScriptFault } from "../../scripts/fault.ts";
import type { Command } from "../args.ts";
import { whyUnreadable } from "../file_error.ts";
import { standInEnvironment } from "../environment.ts";
import { loadConfig } from "../load_config.ts";
import { trialReach } from "../script_reach.ts";
import { describeFault, Scripts } from "../scripts.ts";
import { SystemClock } from "../system_clock.ts";
import { SystemRandom } from "../system_random.ts";
import type { Terminal } from "../terminal.ts";
import { CallTraces, type TraceEvent } from "../trace/call_traces.ts";
import { callSettings, scriptLimits } from "../wiring.ts";
import { CaptureError } from "./capture.ts";
import {
  type CaptureCounts,
  type CapturedMessage,
  sipMessages,
} from "./sip_capture.ts";

/** The arguments of `replay`. */
export type ReplayCommand = Extract<Command, { name: "replay" }>;

/** Larger captures are cut by whoever made them: `editcap`, `tcpdump -C`. */
const MAX_FILE = 512 * 1024 * 1024;
/** Calls remembered at once; of later ones the leg is not known. */
const MAX_CALLS = 100_000;
const WRONG = 2;

/** Resolves with the exit code: 0, with `--check` 1 when anything would change, 2 when something is wrong. */
export async function replay(
  command: ReplayCommand,
  terminal: Terminal,
): Promise<number> {
  const { config, scripts: paths, problems } = loadConfig(command.source, {
    environment: standInEnvironment,
  });
  const file = readCapture(command.capture);
  if (typeof file === "string" || config === undefined) {
    for (const problem of problems) terminal.err(problem);
    if (typeof file === "string") terminal.err(file);
    return WRONG;
  }
  const clock = new SystemClock();
  const player = new Player(
    new TrunkTable(callSettings(config, standInEnvironment).trunks),
  );
  try {
    const scripts = await Scripts.load(paths, {
      clock,
      random: new SystemRandom(),
      observer: player,
      limits: scriptLimits(config),
      notes: player.traces,
      ...trialReach(config, clock),
    });
    try {
      return play(file, { command, player, scripts, terminal });
    } finally {
      scripts.dispose();
    }
  } catch (error) {
    if (!(error instanceof ScriptFault)) throw error;
    terminal.err(describeFault(error));
    return WRONG;
  } finally {
    clock.stop();
  }
}

function play(
  file: Uint8Array,
  { command, player, scripts, terminal }: {
    command: ReplayCommand;
    player: Player;
    scripts: Scripts;
    terminal: Terminal;
  },
): number {
  const policy = scripts.policy.acquire();
  const planes = new MessagePlanes(policy, player, player.traces);
  const counts: CaptureCounts = { packets: 0, unreadable: 0, malformed: 0 };
  const done = { messages: 0, changed: 0, faults: 0 };
  let startMs: number | undefined;
  try {
    for (const captured of sipMessages(file, counts)) {
      startMs ??= captured.atMs;
      done.messages++;
      const { lines, changed, faults } = player.play(captured, planes);
      if (changed) done.changed++;
      done.faults += faults;
      if (lines.length === 0) continue;
      terminal.out(headline(captured, startMs));
      for (const line of lines) terminal.out(`    ${line}`);
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    terminal.err(`${command.capture}: ${error.message}`);
    return WRONG;
  } finally {
    scripts.policy.release(policy);
  }
  const { packets, unreadable, malformed } = counts;
  terminal.out(
    `packets: ${packets}, SIP messages: ${done.messages}, changed: ${done.changed}, faults: ${done.faults}`,
  );
  if (malformed > 0) {
    terminal.out(`malformed messages passed over: ${malformed}`);
  }
  if (unreadable > 0) {
    terminal.out(`packets of a link layer that cannot be read: ${unreadable}`);
  }
  if (done.faults > 0) return WRONG;
  return command.check && done.changed > 0 ? 1 : 0;
}

/** Hands messages to the hooks as Legwork would, and takes note of what they do. */
class Player extends CountingObserver {
  readonly traces: CallTraces;
  readonly #trunks: TrunkTable;
  readonly #calls = new Map<string, { view: CallView; caller: Address }>();
  #lines: string[] = [];
  #changed = false;
  #faults = 0;

  constructor(trunks: TrunkTable) {
    super();
    this.#trunks = trunks;
    this.traces = new CallTraces({
      mode: "full",
      clock: { wallTime: () => 0 },
      onEvent: (event) => this.#onEvent(event),
    });
  }

  play(
    captured: CapturedMessage,
    planes: MessagePlanes,
  ): { lines: readonly string[]; changed: boolean; faults: number } {
    this.#lines = [];
    this.#changed = false;
    this.#faults = 0;
    const { message, from, to } = captured;
    const opens = message.kind === "request" && message.to?.tag === undefined;
    const rights = opens ? { rights: { uri: true, parties: true } } : {};
    const call = this.#callOf(captured);
    const fromCaller = call === undefined || sameAddress(call.caller, from);
    const names = fromCaller ? ["a", "b"] as const : ["b", "a"] as const;
    const leg = (name: "a" | "b", at: Address): LegView => {
      const peer = `${captured.transport.toLowerCase()}:${formatAddress(at)}`;
      const trunk = this.#trunks.match(at, "")?.name;
      return { name, trunk, peer, call: call?.view };
    };
    const received = planes.inbound(message, {
      leg: leg(names[0], from),
      ...rights,
    });
    if (received.decision !== undefined) {
      const { action, ...rest } = received.decision;
      const status = "status" in rest ? ` ${rest.status}` : "";
      this.#changed = true;
      this.#lines.push(`! ${action}${status}: it would go no further`);
    } else {
      planes.outbound(received.message, {
        leg: leg(names[1], to),
        ...rights,
      });
    }
    this.#forget(captured);
    return { lines: this.#lines, changed: this.#changed, faults: this.#faults };
  }

  /** What scripts log, and where they fail. */
  override log({ fields, level }: LogRecord): void {
    if (fields?.["line"] !== undefined) {
      this.#lines.push(`log ${fields["line"]}`);
    } else if (level === "error" && fields?.["fault"] === undefined) {
      this.#lines.push(`! ${fields?.["error"] ?? "a hook failed"}`);
    }
  }

  #callOf(
    { message, from, transport }: CapturedMessage,
  ): { view: CallView; caller: Address } | undefined {
    const id = toText(message.callId);
    const known = this.#calls.get(id);
    if (known !== undefined || this.#calls.size >= MAX_CALLS) return known;
    const opens = message.kind === "request" && message.method === "INVITE" &&
      message.to?.tag === undefined;
    if (!opens) return undefined;
    const source = `${transport.toLowerCase()}:${formatAddress(from)}`;
    const trunk = this.#trunks.match(from, "")?.name;
    const view = new InviteView({ id }, message, { trunk, source });
    const call = { view, caller: from };
    this.#calls.set(id, call);
    return call;
  }

  /** A call whose BYE was answered is over. */
  #forget({ message }: CapturedMessage): void {
    if (message.kind === "response" && message.cseq?.method === "BYE") {
      this.#calls.delete(toText(message.callId));
    }
  }

  #onEvent(event: TraceEvent): void {
    switch (event.kind) {
      case "edit": {
        const plane = event.direction === "in" ? "inbound" : "outbound";
        this.#changed = true;
        this.#lines.push(
          `@ ${
            [event.field, event.place, event.hook ?? plane].filter(Boolean)
              .join("  ")
          }`,
          ...event.before.map((value) => `- ${value}`),
          ...event.after.map((value) => `+ ${value}`),
        );
        return;
      }
      case "fault":
        this.#faults++;
        this.#lines.push(`! ${event.text}`);
        return;
      case "message":
      case "decision":
        return;
    }
  }
}

function headline(
  { packet, atMs, transport, from, to, message }: CapturedMessage,
  startMs: number,
): string {
  const seconds = ((atMs - startMs) / 1000).toFixed(3);
  const what = message.kind === "request"
    ? `${message.method} ${toText(message.uri)}`
    : `${message.status} ${message.cseq?.method ?? ""}`;
  const way = `${formatAddress(from)} -> ${formatAddress(to)}`;
  return `#${packet} ${seconds} ${transport.toLowerCase()} ${way}  ${what}`;
}

function readCapture(path: string): Uint8Array | string {
  try {
    const { size } = Deno.statSync(path);
    if (size > MAX_FILE) {
      return `${path}: it has ${size} bytes, at most ${MAX_FILE} are read`;
    }
    return Deno.readFileSync(path);
  } catch (error) {
    return `${path}: ${whyUnreadable(error)}`;
  }
}

/** A B2BUA with everything around it that is not SIP: real time, scripts, the log. */

import type { Timed } from "../core/base/clock.ts";
import { B2bua } from "../core/call/b2bua.ts";
import type { Overload } from "../core/call/overload.ts";
import type { SipMessage } from "../core/message/message.ts";
import type { Tap } from "../core/transport/transport_layer.ts";
import type { Config } from "./config/schema.ts";
import { DenoDns } from "./deno_dns.ts";
import { environmentVariable } from "./environment.ts";
import { HTTP_PORT } from "./http_port.ts";
import { IdleMemory } from "./idle_memory.ts";
import type { Log } from "./log.ts";
import { mediaServices } from "./media/media_services.ts";
import { openMedia } from "./media/open_media.ts";
import { Rtpengine } from "./media/rtpengine.ts";
import { overloadOf } from "./overload/overload_wiring.ts";
import { OperatorObserver } from "./operator_observer.ts";
import { type ScriptReach, scriptReach } from "./script_reach.ts";
import { locationStore } from "./registrar_wiring.ts";
import { Scripts } from "./scripts.ts";
import { SystemClock } from "./system_clock.ts";
import { SystemRandom } from "./system_random.ts";
import { CallTraces, type TraceEvent } from "./trace/call_traces.ts";
import { udpMaker } from "./udp.ts";
import type { Worker } from "./workers/worker.ts";
import { callSettings, networkSettings, scriptLimits } from "./wiring.ts";

/** What a {@linkcode Server} is made of. */
export interface ServerOptions {
  readonly config: Config;
  /** The paths of the scripts as this process opens them. */
  readonly scripts: readonly string[];
  readonly log: Log;
  /** Sees every message on the wire. */
  readonly tap?: Tap;
  /** This process is one of several on the same addresses. */
  readonly worker?: Worker;
  /** Hears what hooks do to calls; all of it is traced then, whatever the configuration says. */
  readonly onTrace?: (
    event: TraceEvent,
    message: SipMessage | undefined,
  ) => void;
}

/** How often a drain looks whether the last call is over. */
const LOOK_MS = 50;
/** How long peers have to answer our BYE. */
const GOODBYE_MS = 2_000;

/** A Legwork that listens. */
export class Server {
  readonly b2bua: B2bua;
  readonly observer: OperatorObserver;
  readonly scripts: Scripts;
  /** The stories of calls; undefined when none are kept. */
  readonly traces: CallTraces | undefined;
  /** What refuses new calls above the peak; undefined: nothing does. */
  readonly overload: Overload | undefined;
  readonly #clock: SystemClock;
  readonly #reach: ScriptReach;
  /** Undefined where none is configured. */
  readonly rtpengine: Rtpengine | undefined;

  private constructor(
    parts: {
      b2bua: B2bua;
      observer: OperatorObserver;
      scripts: Scripts;
      traces: CallTraces | undefined;
      overload: Overload | undefined;
      clock: SystemClock;
      reach: ScriptReach;
      rtpengine: Rtpengine | undefined;
    },
  ) {
    this.b2bua = parts.b2bua;
    this.observer = parts.observer;
    this.scripts = parts.scripts;
    this.traces = parts.traces;
    this.overload = parts.overload;
    this.#clock = parts.clock;
    this.#reach = parts.reach;
    this.rtpengine = parts.rtpengine;
  }

  /**
   * Loads the scripts, then listens. Rejects with a `ScriptFault` for a script that cannot be loaded and with a
   * `ListenError` for an address that cannot be had.
   */
  static async start(options: ServerOptions): Promise<Server> {
    const { config, log, tap } = options;
    const observer = new OperatorObserver(log);
    const { worker } = options;
    const random = worker?.random ?? new SystemRandom();
    const clock = new SystemClock({
      onFault: (error) => observer.fault("a timer failed", error),
    });
    const limits = scriptLimits(config);
    const traces = tracesOf(options, clock);
    let scripts: Scripts | undefined;
    let reach: ScriptReach | undefined;
    let rtpengine: Rtpengine | undefined;
    try {
      reach = scriptReach(config, { clock, http: HTTP_PORT });
      scripts = await Scripts.load(options.scripts, {
        clock,
        random,
        observer,
        limits,
        notes: traces?.full ? traces : undefined,
        reach: reach.reach,
        denied: reach.denied,
      });
      const { gate: overload, udp } = overloadOf(config, {
        clock,
        observer,
        udp: worker?.channelMaker ?? udpMaker(config.udp, observer),
      });
      const makers = await worker?.open({
        udp,
        observer,
        clock,
        hasTcp: config.listen.some(({ transport }) => transport === "tcp"),
      }) ?? { udp };
      rtpengine = Rtpengine.open(config, { clock, random, observer });
      const b2bua = new B2bua({
        ...callSettings(config, environmentVariable),
        ...networkSettings(config, { clock, ...makers }),
        gate: overload,
        clock,
        random,
        observer,
        dns: new DenoDns(),
        locations: locationStore(config, clock),
        media: {
          ...mediaServices(config, {
            clock,
            random,
            observer,
            sockets: openMedia(config, observer),
          }),
          ...(rtpengine === undefined ? {} : { rtpengine: rtpengine.media }),
        },
        ...(options.scripts.length === 0 ? {} : { policy: scripts.policy }),
        ...(tap === undefined ? {} : { tap }),
        ...(traces === undefined ? {} : { trace: traces }),
        onCallEnd: (summary) => {
          observer.callEnded(summary);
          traces?.ended(summary);
          memory.callEnded();
        },
      });
      const memory = new IdleMemory({
        clock,
        isIdle: () => Object.values(b2bua.census).every((left) => left === 0),
      });
      await b2bua.open();
      const kept = { scripts, traces, reach, rtpengine, overload };
      return new Server({ b2bua, observer, clock, ...kept });
    } catch (error) {
      rtpengine?.close();
      scripts?.dispose();
      reach?.close();
      clock.stop();
      throw error;
    }
  }

  /** Takes no new calls, lets those that run go on for a while, then ends them. Resolves when nothing is left. */
  async drain(seconds: number): Promise<void> {
    const { b2bua } = this;
    b2bua.drain();
    const isOver = await this.#until(
      () => b2bua.census.calls === 0,
      seconds * 1000,
    );
    if (!isOver) b2bua.hangUpAll("shutdown");
    await this.#until(
      () =>
        b2bua.census.calls === 0 && b2bua.census.dialogs === 0 &&
        !b2bua.registering,
      GOODBYE_MS,
    );
  }

  /** Ends everything at once, without a word to anyone. */
  async close(): Promise<void> {
    this.overload?.close();
    await this.b2bua.close();
    this.rtpengine?.close();
    this.scripts.dispose();
    this.#reach.close();
    this.#clock.stop();
  }

  /** Whether `isDone` came true within the time. */
  #until(isDone: () => boolean, withinMs: number): Promise<boolean> {
    const clock = this.#clock;
    const endMs = clock.now() + withinMs;
    return new Promise((resolve) => {
      const looking: Timed = {
        onTimer(): void {
          if (isDone()) resolve(true);
          else if (clock.now() >= endMs) resolve(false);
          else clock.schedule(LOOK_MS, looking, "drain");
        },
      };
      looking.onTimer("drain");
    });
  }
}

function tracesOf(
  { config, onTrace }: ServerOptions,
  clock: SystemClock,
): CallTraces | undefined {
  const masks = (trunk: string): boolean =>
    config.trunks[trunk]?.dtmf.mask === true;
  if (onTrace !== undefined) {
    return new CallTraces({ mode: "full", clock, masks, onEvent: onTrace });
  }
  const { trace } = config;
  return trace === "off"
    ? undefined
    : new CallTraces({ mode: trace, clock, masks });
}

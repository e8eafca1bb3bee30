/**
 * A ladder run in a harsher world: one of its messages is lost, doubled or late. Lines need not come in order or in
 * time; a peer sends its next line once what it waits for has arrived. The end must be that of the strict run.
 *
 * @module
 */

import { finish } from "./finish.ts";
import { type Ladder, LEGWORK, type MessageStep, type Step } from "./ladder.ts";
import { messageLabel } from "./live.ts";
import {
  acknowledgesFailure,
  differences,
  isAutomatic,
  isMeant,
} from "./match.ts";
import { contextOf, sendStep } from "./peer_step.ts";
import { type Logged, RunLog, type RunResult, sentText } from "./run_log.ts";
import type { Fate, Sent, WireWatcher } from "./wire.ts";
import { World, type WorldOptions } from "./world.ts";

/** What happens to one message of a run. */
export interface Trouble {
  readonly kind: "lost" | "doubled" | "late";
  /** The message: the `nth` of its kind, from 0, the same way. */
  readonly key: string;
  readonly nth: number;
  /** In words: `legwork -> pbx  INVITE`. */
  readonly text: string;
}

/** Longer than T1, so that the first retransmission overtakes. */
const LATE_MS = 700;

/** Every trouble that each message of a strict run may meet. */
export function troublesOf(log: readonly Logged[]): Trouble[] {
  const counts = new Map<string, number>();
  const troubles: Trouble[] = [];
  for (const { sent, fate, step } of log) {
    if (sent.again || step === undefined) continue;
    const key = troubleKey(sent);
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    // Streams lose nothing, nobody waits for a ping, and what has a fate already keeps it.
    if (
      sent.ping || !sent.datagram || Object.values(fate).some((value) => value)
    ) continue;
    for (const kind of ["lost", "doubled", "late"] as const) {
      troubles.push({ kind, key, nth, text: sentText(sent) });
    }
  }
  return troubles;
}

/** Runs it once, with one trouble. */
export async function runHarsh(
  ladder: Ladder,
  trouble: Trouble,
  options: WorldOptions,
): Promise<RunResult> {
  const world = await World.open(ladder, options);
  return await new HarshRun(ladder, trouble, world).run();
}

/** How long a message that may be lost for good is waited for. */
const SOFT_WAIT_MS = 100;
/** Beyond 64*T1, what a line that must come may take. */
const HARD_WAIT_MARGIN_MS = 10_000;

class HarshRun implements WireWatcher {
  readonly #ladder: Ladder;
  readonly #steps: readonly Step[];
  readonly #trouble: Trouble;
  readonly #world: World;
  readonly #log = new RunLog();
  /** By step: it was sent; it has arrived (or will never have to). */
  readonly #departed = new Set<number>();
  readonly #arrived = new Set<number>();
  /** Steps waited for in vain that need not come. */
  readonly #excused = new Set<number>();
  readonly #stepOf = new Map<string, number>();
  readonly #gone = new Set<string>();
  #seen = 0;
  #struck = false;
  #progressMs = 0;
  #giveUp = false;

  constructor(ladder: Ladder, trouble: Trouble, world: World) {
    this.#ladder = ladder;
    this.#steps = ladder.steps;
    this.#trouble = trouble;
    this.#world = world;
    world.wire.watcher = this;
  }

  async run(): Promise<RunResult> {
    for (
      let i = 0;
      i < this.#steps.length && this.#log.failure === undefined;
      i++
    ) await this.#take(i);
    if (this.#log.failure === undefined && !this.#giveUp) {
      await this.#until(this.#steps.length);
    }
    if (this.#agree || this.#giveUp) {
      for (const peer of this.#world.peers.values()) peer.reflex();
    }
    if (this.#giveUp) {
      for (const peer of this.#world.peers.values()) peer.hangUp();
    }
    const { outcome } = await finish({
      ladder: this.#ladder,
      world: this.#world,
      log: this.#log,
      hangingUp: () => this.#giveUp = true,
    });
    return {
      failure: this.#log.failure,
      log: this.#log.entries,
      outcome,
      durationMs: this.#progressMs,
    };
  }

  departing(sent: Sent): Fate {
    const index = this.#indexOf(sent);
    const step = index === undefined ? undefined : this.#steps[index];
    const fate = this.#fateOf(
      sent,
      step?.kind === "message" ? step : undefined,
    );
    this.#log.add({ sent, fate, step: index });
    if (index !== undefined && step?.kind === "message") {
      this.#departed.add(index);
      this.#stepOf.set(identity(sent), index);
      this.#progressMs = sent.atMs;
      if (sent.ping || this.#isDeaf(step.to)) this.#arrived.add(index);
      const wrong = differences(
        step,
        sent,
        contextOf(step, {
          world: this.#world,
          lastBody: this.#log.lastBody(sent),
        }),
      );
      if (wrong.length > 0 && !this.#agree) {
        this.#fail(`"${step.text}": ${wrong.join("; ")}`, index);
      }
    } else if (!this.#isTolerable(sent)) {
      this.#unexpected(sent);
    }
    return fate;
  }

  arriving(sent: Sent): void {
    const index = this.#stepOf.get(identity(sent));
    if (index === undefined || this.#arrived.has(index)) return;
    this.#arrived.add(index);
    this.#progressMs = this.#world.clock.now();
  }

  /** Has a peer take its step once all before it has come to pass. */
  async #take(index: number): Promise<void> {
    const step = this.#steps[index]!;
    if (this.#giveUp) return;
    if (step.kind === "vanish") {
      await this.#until(index);
      await this.#passWait(index);
      this.#gone.add(step.who);
      this.#world.peers.get(step.who)?.vanish();
      this.#arrived.add(index);
    } else if (step.kind === "disconnect" || step.kind === "drain") {
      await this.#until(index);
      await this.#passWait(index);
      this.#world.act(step);
      this.#arrived.add(index);
    } else if (
      step.kind === "message" && step.from !== LEGWORK && !step.optional &&
      !isAutomatic(this.#steps, index)
    ) {
      await this.#until(index, step.marks.crossing);
      await this.#passWait(index);
      if (this.#departed.has(index) || this.#giveUp) return;
      const problem = sendStep(step, this.#world);
      if (problem === undefined) return;
      if (this.#agree) this.#yield();
      else this.#fail(`cannot send "${step.text}": ${problem}`, index);
    }
  }

  /** Waits until all steps before `end` have come to pass, as far as they must. */
  async #until(end: number, crossing = false): Promise<void> {
    this.#progressMs = this.#world.clock.now();
    let softSinceMs: number | undefined;
    while (this.#log.failure === undefined && !this.#giveUp) {
      const now = this.#world.clock.now();
      const open = this.#open(end, crossing);
      if (open.length === 0) return;
      const hard = open.filter((index) => !this.#isSoft(index));
      if (hard.length > 0) softSinceMs = undefined;
      else if (now - (softSinceMs ??= now) >= SOFT_WAIT_MS) {
        for (const index of open) this.#excused.add(index);
        return;
      }
      const limitMs = softSinceMs === undefined
        ? this.#progressMs + this.#patienceMs(end)
        : softSinceMs + SOFT_WAIT_MS;
      if (now >= limitMs) {
        if (this.#agree) this.#yield();
        else this.#missing(hard[0]!);
        return;
      }
      await this.#world.step(limitMs);
    }
  }

  /** Steps before `end` that have not come to pass. */
  #open(end: number, crossing: boolean): number[] {
    const open: number[] = [];
    const crossed = crossing ? this.#lastTold(end) : end;
    for (let index = 0; index < end; index++) {
      const step = this.#steps[index]!;
      if (step.kind !== "message") continue;
      const { marks, optional } = step;
      if (optional || marks.again || marks.repeats) continue;
      if (this.#excused.has(index)) continue;
      // A crossing message meets on its way what answers the one before it.
      const enough = step.from === LEGWORK && index < crossed
        ? this.#arrived
        : this.#departed;
      if (!enough.has(index)) open.push(index);
    }
    return open;
  }

  /** The last step before `end` that a peer was told to take. */
  #lastTold(end: number): number {
    return this.#steps.findLastIndex((step, index) =>
      index < end && step.kind === "message" && step.from !== LEGWORK &&
      !isAutomatic(this.#steps, index)
    );
  }

  /** Whether a step may well not come: unreliable provisional responses, and what only one hop needs. */
  #isSoft(index: number): boolean {
    const step = this.#steps[index];
    if (step?.kind !== "message") return true;
    const { label } = step;
    if (label.kind === "response") {
      // §13.2.2.1: provisional responses are not retransmitted.
      return label.status < 200 || isAutomatic(this.#steps, index);
    }
    return label.method === "ACK" && acknowledgesFailure(this.#steps, index);
  }

  async #passWait(index: number): Promise<void> {
    const before = this.#steps[index - 1];
    if (before?.kind !== "wait") return;
    const untilMs = this.#world.clock.now() + before.minMs;
    while (
      this.#world.clock.now() < untilMs && this.#log.failure === undefined &&
      !this.#giveUp
    ) await this.#world.step(untilMs);
  }

  #patienceMs(end: number): number {
    let waitMs = 0;
    for (let index = 0; index < end; index++) {
      const step = this.#steps[index]!;
      if (step.kind === "wait") waitMs = Math.max(waitMs, step.maxMs);
    }
    return 64 * this.#world.timers.t1Ms + waitMs + HARD_WAIT_MARGIN_MS;
  }

  /** The first step not yet sent that a message may be. */
  #indexOf(sent: Sent): number | undefined {
    if (sent.again || this.#giveUp) return undefined;
    let fallback: number | undefined;
    for (let index = 0; index < this.#steps.length; index++) {
      const step = this.#steps[index]!;
      if (step.kind !== "message" || this.#departed.has(index)) continue;
      if (step.marks.again || step.marks.repeats || !isMeant(step, sent)) {
        continue;
      }
      const wrong = differences(
        step,
        sent,
        contextOf(step, {
          world: this.#world,
          lastBody: this.#log.lastBody(sent),
        }),
      );
      if (wrong.length === 0) return index;
      fallback ??= index;
    }
    return fallback;
  }

  #fateOf(sent: Sent, step: MessageStep | undefined): Fate {
    if (
      !this.#struck && !sent.again && troubleKey(sent) === this.#trouble.key
    ) {
      if (this.#seen++ === this.#trouble.nth) {
        this.#struck = true;
        switch (this.#trouble.kind) {
          case "lost":
            return { lost: true };
          case "doubled":
            return { doubled: true };
          case "late":
            return { lateMs: LATE_MS };
        }
      }
    }
    if (step === undefined) return {};
    const { lost, doubled, lateMs } = step.marks;
    return { lost, doubled, ...(lateMs === undefined ? {} : { lateMs }) };
  }

  /** What may be sent though no line speaks of it. */
  #isTolerable(sent: Sent): boolean {
    const { message } = sent;
    if (sent.again || sent.ping || this.#agree || this.#giveUp) return true;
    return message.kind === "response"
      ? message.status < 200
      : message.method === "ACK";
  }

  #isDeaf(name: string): boolean {
    return this.#gone.has(name) ||
      this.#ladder.settings.peers.get(name)?.absent === true;
  }

  get #agree(): boolean {
    return this.#ladder.settings.harsh === "agree";
  }

  /** Things went another way than the ladder's: the peers see to it that they end. */
  #yield(): void {
    this.#giveUp = true;
  }

  #missing(index: number): void {
    const step = this.#steps[index];
    const text = step?.kind === "message" ? step.text : "";
    this.#fail(
      this.#departed.has(index)
        ? `"${text}" never arrived`
        : `"${text}" was never sent`,
      index,
    );
  }

  #unexpected(sent: Sent): void {
    this.#fail(`"${sentText(sent)}" was sent, which is no line of the ladder`);
  }

  #fail(message: string, index?: number): void {
    this.#log.fail({
      step: index,
      message,
      atMs: this.#world.clock.now(),
    });
  }
}

function troubleKey(sent: Sent): string {
  return `${sent.from} ${sent.to} ${messageLabel(sent.message)}`;
}

/** Tells one message from all others, but not from its copies. */
function identity(sent: Sent): string {
  const { message } = sent;
  return [
    troubleKey(sent),
    message.callId,
    message.cseq?.number,
    message.via?.branch,
    message.to?.tag,
    message.from?.tag,
  ].join(" ");
}

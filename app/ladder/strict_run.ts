/**
 * A ladder run to the letter: every message on the wire is one of its lines, in their order and at their time, and
 * nothing else is sent.
 *
 * @module
 */

import { finish } from "./finish.ts";
import { type Ladder, LEGWORK, type MessageStep, type Step } from "./ladder.ts";
import { differences, isAutomatic, isMeant } from "./match.ts";
import { contextOf, sendStep } from "./peer_step.ts";
import { RunLog, type RunResult, sentText } from "./run_log.ts";
import type { Fate, Sent, WireWatcher } from "./wire.ts";
import { World, type WorldOptions } from "./world.ts";

/** Runs it once. */
export async function runStrict(
  ladder: Ladder,
  options: WorldOptions,
): Promise<RunResult> {
  const world = await World.open(ladder, options);
  const run = new StrictRun(ladder, world);
  return await run.run();
}

/** What comes without a wait before it comes within this time. */
const AT_ONCE_MS = 200;
/** How exact a wait is met: messages take time on their way. */
const TOLERANCE_MS = 50;

class StrictRun implements WireWatcher {
  readonly #ladder: Ladder;
  readonly #steps: readonly Step[];
  readonly #world: World;
  readonly #log = new RunLog();
  /** The step that is due. */
  #at = 0;
  /** Steps of the group at `#at` that have not come. */
  #group: MessageStep[] = [];
  readonly #repeats: MessageStep[] = [];
  #lastMs = 0;
  #wait: { minMs: number; maxMs: number } | undefined;
  /** The peer was told to send the step that is due. */
  #told = false;
  #over = false;

  constructor(ladder: Ladder, world: World) {
    this.#ladder = ladder;
    this.#steps = ladder.steps;
    this.#world = world;
    world.wire.watcher = this;
    this.#settle();
  }

  async run(): Promise<RunResult> {
    while (this.#log.failure === undefined && this.#at < this.#steps.length) {
      await this.#advance();
    }
    if (this.#log.failure === undefined) await this.#passWait();
    const { outcome } = await finish({
      ladder: this.#ladder,
      world: this.#world,
      log: this.#log,
      hangingUp: () => this.#over = true,
    });
    return {
      failure: this.#log.failure,
      log: this.#log.entries,
      outcome,
      durationMs: this.#lastMs,
    };
  }

  departing(sent: Sent): Fate {
    const fate = this.#take(sent);
    return fate;
  }

  arriving(): void {}

  /** Does the next thing: a peer sends, or time passes. */
  async #advance(): Promise<void> {
    const step = this.#steps[this.#at]!;
    if (step.kind === "vanish") {
      await this.#passWait();
      this.#world.peers.get(step.who)?.vanish();
      this.#next();
      return;
    }
    if (step.kind === "disconnect" || step.kind === "drain") {
      await this.#world.quiet();
      await this.#passWait();
      this.#next();
      this.#world.act(step);
      return;
    }
    if (this.#isOurs(this.#at) && !this.#told) {
      const at = this.#at;
      if (step.kind === "message" && !step.marks.crossing) {
        await this.#world.quiet();
      }
      if (this.#at === at && this.#log.failure === undefined) {
        await this.#passWait();
      }
      if (this.#at === at && this.#log.failure === undefined) {
        this.#send(step as MessageStep);
      }
      return;
    }
    if (this.#group.every((one) => one.optional)) {
      await this.#world.quiet();
      if (this.#group.every((one) => one.optional)) this.#next();
      return;
    }
    const byMs = this.#deadlineMs;
    const due = await this.#world.step(byMs);
    if (!due && this.#world.clock.now() >= byMs) this.#missing();
  }

  #send(step: MessageStep): void {
    this.#told = true;
    const problem = sendStep(step, this.#world);
    if (problem !== undefined) {
      this.#fail(`cannot send "${step.text}": ${problem}`);
    }
  }

  /** A message leaves: it must be the step that is due. */
  #take(sent: Sent): Fate {
    if (this.#over) {
      this.#log.add({ sent, fate: {}, step: undefined });
      return {};
    }
    for (;;) {
      const found = this.#group.find((step) => this.#fits(step, sent));
      if (found !== undefined) return this.#taken(found, sent);
      if (
        this.#group.length === 0 || !this.#group.every((step) => step.optional)
      ) break;
      if (this.#at >= this.#steps.length) break;
      this.#next();
    }
    this.#log.add({ sent, fate: {}, step: undefined });
    if (!this.#repeats.some((step) => sent.again && isMeant(step, sent))) {
      this.#unexpected(sent);
    }
    return {};
  }

  #fits(step: MessageStep, sent: Sent): boolean {
    return isMeant(step, sent) &&
      (step.marks.again === sent.again || step.marks.repeats) &&
      (step === this.#group[0] || this.#differences(step, sent).length === 0 ||
        !this.#group.some((other) => other !== step && isMeant(other, sent)));
  }

  #taken(step: MessageStep, sent: Sent): Fate {
    const { lost, doubled, lateMs } = step.marks;
    const fate: Fate = {
      lost: lost || this.#ladder.settings.peers.get(step.to)?.absent === true,
      doubled,
      ...(lateMs === undefined ? {} : { lateMs }),
    };
    const index = this.#steps.indexOf(step);
    const wrong = this.#differences(step, sent);
    this.#log.add({ sent, fate, step: index });
    if (wrong.length > 0) {
      this.#fail(`"${step.text}": ${wrong.join("; ")}`, index);
    }
    this.#checkTime(sent, index);
    this.#lastMs = sent.atMs;
    this.#wait = undefined;
    this.#group = this.#group.filter((other) => other !== step);
    if (this.#group.length === 0) this.#next();
    return fate;
  }

  #differences(step: MessageStep, sent: Sent): string[] {
    return differences(
      step,
      sent,
      contextOf(step, {
        world: this.#world,
        lastBody: this.#log.lastBody(sent),
      }),
    );
  }

  #checkTime(sent: Sent, index: number): void {
    const afterMs = sent.atMs - this.#lastMs;
    if (this.#wait === undefined) return;
    const { minMs, maxMs } = this.#wait;
    if (afterMs >= minMs - TOLERANCE_MS && afterMs <= maxMs + TOLERANCE_MS) {
      return;
    }
    this.#fail(
      `"${sentText(sent)}" came after ${afterMs} ms, wanted ${minMs}${
        minMs === maxMs ? "" : ` to ${maxMs}`
      } ms`,
      index,
    );
  }

  /** True for a step that a peer is told to take. */
  #isOurs(index: number): boolean {
    const step = this.#steps[index];
    return step?.kind === "message" && step.from !== LEGWORK &&
      !step.optional && !isAutomatic(this.#steps, index);
  }

  #next(): void {
    const step = this.#steps[this.#at];
    this.#at++;
    if (step?.kind === "message") {
      while (isGroupMember(this.#steps[this.#at])) this.#at++;
    }
    this.#told = false;
    this.#settle();
  }

  /** Takes waits into account and opens the next group. */
  #settle(): void {
    let step = this.#steps[this.#at];
    while (step?.kind === "wait") {
      this.#wait = {
        minMs: (this.#wait?.minMs ?? 0) + step.minMs,
        maxMs: (this.#wait?.maxMs ?? 0) + step.maxMs,
      };
      step = this.#steps[++this.#at];
    }
    this.#group = [];
    if (step?.kind !== "message") return;
    if (step.marks.repeats) {
      this.#repeats.push(step);
      this.#at++;
      this.#settle();
      return;
    }
    this.#group.push(step);
    for (let i = this.#at + 1; isGroupMember(this.#steps[i]); i++) {
      this.#group.push(this.#steps[i] as MessageStep);
    }
  }

  /** Lets the time of a wait pass; what happens meanwhile is taken as it comes. */
  async #passWait(): Promise<void> {
    if (this.#wait === undefined) return;
    const untilMs = this.#lastMs + this.#wait.minMs;
    const at = this.#at;
    while (
      this.#world.clock.now() < untilMs && this.#at === at &&
      this.#log.failure === undefined
    ) await this.#world.step(untilMs);
    if (this.#at !== at) return;
    this.#wait = undefined;
    this.#lastMs = untilMs;
  }

  get #deadlineMs(): number {
    return this.#lastMs +
      (this.#wait === undefined ? AT_ONCE_MS : this.#wait.maxMs + TOLERANCE_MS);
  }

  #missing(): void {
    const missing = this.#group.filter((step) => !step.optional);
    const after = this.#world.clock.now() - this.#lastMs;
    this.#fail(
      `nothing was sent for ${after} ms, wanted ${textsOf(missing)}`,
      this.#steps.indexOf(missing[0]!),
    );
  }

  #unexpected(sent: Sent): void {
    const step = this.#steps[this.#at];
    const wanted = step === undefined
      ? "nothing more"
      : step.kind === "message"
      ? textsOf(this.#group)
      : "nothing yet";
    const [first = step] = this.#group;
    const index = first === undefined ? this.#at : this.#steps.indexOf(first);
    this.#fail(`"${sentText(sent)}" was sent, wanted ${wanted}`, index);
  }

  #fail(message: string, index = this.#at): void {
    this.#log.fail({
      step: index < this.#steps.length ? index : undefined,
      message,
      atMs: this.#world.clock.now(),
    });
  }
}

function textsOf(steps: readonly MessageStep[]): string {
  return steps.map(({ text }) => `"${text}"`).join(" and ");
}

function isGroupMember(step: Step | undefined): boolean {
  return step?.kind === "message" && step.anyOrder;
}

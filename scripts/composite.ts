/**
 * Several policies as one, asked in order: the first decision wins, edits add up, and a fault of one does not keep
 * the next from being asked.
 *
 * @module
 */

import { CALL_HOOKS } from "./exports.ts";
import type { Awaitable, Policy, PolicySource } from "../core/call/policy.ts";

/** The hooks that are asked in order; `inbound` and `outbound` run by member. */
const HOOKS = CALL_HOOKS.filter((hook) => hook !== "onLoad");

/** One source for several; a call keeps the policies that each of them had for it. */
export function compositeSource(
  sources: readonly PolicySource[],
): PolicySource {
  const [only] = sources;
  return only !== undefined && sources.length === 1
    ? only
    : new CompositeSource(sources);
}

/** One policy for several; a hook that none of them has stays absent. */
export function compositePolicy(members: readonly Policy[]): Policy {
  const policy: { -readonly [K in keyof Policy]: Policy[K] } = { members };
  const names = members.flatMap(({ name }) => name ?? []);
  if (names.length > 0) policy.name = names.join(" + ");
  for (const hook of HOOKS) {
    if (members.every((each) => each[hook] === undefined)) continue;
    const ask = (...args: unknown[]): Awaitable<unknown> =>
      firstDecision(members, (each) => {
        const one: unknown = each[hook];
        if (typeof one !== "function") return undefined;
        const said: unknown = Reflect.apply(one, each, args);
        if (hook !== "onEnd") return said;
        // All of them are told of the end, whatever they say.
        return said instanceof Promise ? said.then(() => undefined) : undefined;
      });
    Object.assign(policy, { [hook]: ask });
  }
  if (members.some((each) => each.forget !== undefined)) {
    policy.forget = (call) => {
      for (const member of members) member.forget?.(call);
    };
  }
  return policy;
}

class CompositeSource implements PolicySource {
  readonly #sources: readonly PolicySource[];
  /** The members of every composite that a call holds, or new calls get. */
  readonly #members: WeakMap<Policy, readonly Policy[]> = new WeakMap();
  #newest: Policy | undefined;

  constructor(sources: readonly PolicySource[]) {
    this.#sources = sources;
  }

  acquire(): Policy {
    const members = this.#sources.map((source) => source.acquire());
    const current = this.#newest?.members;
    if (
      this.#newest !== undefined &&
      current?.every((each, index) => each === members[index])
    ) return this.#newest;
    this.#newest = compositePolicy(members);
    this.#members.set(this.#newest, members);
    return this.#newest;
  }

  release(policy: Policy): void {
    this.#members.get(policy)?.forEach((member, index) =>
      this.#sources[index]!.release(member)
    );
  }
}

/** What the first that decides says. When none does and one faulted, its fault. */
function firstDecision<T>(
  members: readonly Policy[],
  ask: (policy: Policy) => Awaitable<T | void> | undefined,
  fault?: unknown,
): Awaitable<T | void> {
  let failed = fault;
  for (const [index, member] of members.entries()) {
    try {
      const said = ask(member);
      if (said instanceof Promise) {
        const rest = members.slice(index + 1);
        return said.then(
          (decision) => decision ?? firstDecision(rest, ask, failed),
          (error) => firstDecision(rest, ask, failed ?? error),
        );
      }
      if (said !== undefined) return said;
    } catch (error) {
      failed ??= error;
    }
  }
  if (failed !== undefined) throw failed;
}

/**
 * Several policies as one, asked in order: the first that decides has decided, and every one of them may edit a
 * message on its way.
 *
 * @module
 */

import type {
  Awaitable,
  MessageHook,
  MessageHooks,
  Policy,
  PolicySource,
} from "../core/call/policy.ts";

/** One source for all; a call keeps the policies that each source had for it. */
export function chainedSource(sources: readonly PolicySource[]): PolicySource {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only;
  return new ChainedSource(sources);
}

/** One policy for all; hooks that none of them has stay absent. */
export function chainedPolicy(policies: readonly Policy[]): Policy {
  const chain: { -readonly [K in keyof Policy]: Policy[K] } = {};
  const names = policies.flatMap(({ name }) => name ?? []);
  if (names.length > 0) chain.name = names.join(" + ");
  const inbound = chainedHooks(policies.map((each) => each.inbound));
  const outbound = chainedHooks(
    policies.map((each) => each.outbound),
  );
  if (inbound !== undefined) chain.inbound = inbound;
  if (outbound !== undefined) chain.outbound = outbound;
  const asked = policies.filter((each) => each.onRequest !== undefined);
  if (asked.length > 0) {
    chain.onRequest = (request, leg) =>
      firstOf(asked, (each) => each.onRequest?.(request, leg));
  }
  const routing = policies.filter((each) => each.onInvite !== undefined);
  if (routing.length > 0) {
    chain.onInvite = (call) =>
      firstOf(routing, (each) => each.onInvite?.(call));
  }
  const failing = policies.filter((each) => each.onFailure !== undefined);
  if (failing.length > 0) {
    chain.onFailure = (call, failure) =>
      firstOf(failing, (each) => each.onFailure?.(call, failure));
  }
  const ending = policies.filter((each) => each.onEnd !== undefined);
  if (ending.length > 0) {
    chain.onEnd = async (call, summary) => {
      await Promise.allSettled(
        ending.map(async (each) => await each.onEnd?.(call, summary)),
      );
    };
  }
  return chain;
}

class ChainedSource implements PolicySource {
  readonly #sources: readonly PolicySource[];
  readonly #members = new WeakMap<Policy, readonly Policy[]>();
  #newest: Policy | undefined;

  constructor(sources: readonly PolicySource[]) {
    this.#sources = sources;
  }

  acquire(): Policy {
    const members = this.#sources.map((source) => source.acquire());
    const newest = this.#newest && this.#members.get(this.#newest);
    if (
      this.#newest !== undefined &&
      newest?.every((policy, index) => policy === members[index])
    ) return this.#newest;
    this.#newest = chainedPolicy(members);
    this.#members.set(this.#newest, members);
    return this.#newest;
  }

  release(policy: Policy): void {
    const members = this.#members.get(policy) ?? [];
    members.forEach((member, index) => this.#sources[index]?.release(member));
  }
}

/** What the first that decides says; the next is asked only when one is silent. */
function firstOf<T>(
  policies: readonly Policy[],
  ask: (policy: Policy) => Awaitable<T | void> | undefined,
): Awaitable<T | void> {
  for (const [index, policy] of policies.entries()) {
    const said = ask(policy);
    if (said instanceof Promise) {
      const rest = policies.slice(index + 1);
      return said.then((decision) => decision ?? firstOf(rest, ask));
    }
    if (said !== undefined) return said;
  }
}

function chainedHooks(
  planes: readonly (MessageHooks | undefined)[],
): MessageHooks | undefined {
  if (planes.every((plane) => plane === undefined)) return undefined;
  const byPattern = Map.groupBy(
    planes.flatMap((plane) => Object.entries(plane ?? {})),
    ([pattern]) => pattern,
  );
  return Object.fromEntries(
    byPattern.entries().map(([pattern, entries]) => [
      pattern,
      inTurn(entries.map(([, hook]) => hook)),
    ]),
  );
}

function inTurn(hooks: readonly MessageHook[]): MessageHook {
  const [only] = hooks;
  if (only !== undefined && hooks.length === 1) return only;
  return (message, leg) => {
    for (const hook of hooks) {
      const decision = hook(message, leg);
      if (decision !== undefined) return decision;
    }
    return undefined;
  };
}

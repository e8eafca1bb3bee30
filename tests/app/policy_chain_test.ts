import { assertEquals, assertStrictEquals } from "@std/assert";
import { chainedPolicy, chainedSource } from "../../app/policy_chain.ts";
import { reject, route } from "../../core/call/decisions.ts";
import {
  type CallView,
  fixedPolicy,
  type LegView,
  type MessageView,
  type Policy,
  type PolicySource,
} from "../../core/call/policy.ts";

const CALL = {} as CallView;
const MESSAGE = {} as MessageView;
const LEG = {} as LegView;

Deno.test("the first policy that decides has decided, now or later", async () => {
  const asked: string[] = [];
  const silent: Policy = { onInvite: () => void asked.push("silent") };
  const later: Policy = {
    onInvite: () => {
      asked.push("later");
      return Promise.resolve();
    },
  };
  const deciding: Policy = {
    onInvite: () => {
      asked.push("deciding");
      return route("pbx");
    },
  };
  const never: Policy = { onInvite: () => reject(500) };
  const chain = chainedPolicy([silent, later, {}, deciding, never]);
  assertEquals(await chain.onInvite?.(CALL), route("pbx"));
  assertEquals(asked, ["silent", "later", "deciding"]);
  // Without a promise in the way the answer is there at once.
  assertEquals(
    chainedPolicy([silent, deciding]).onInvite?.(CALL),
    route("pbx"),
  );
});

Deno.test("hooks that no policy has stay absent", () => {
  assertEquals(Object.keys(chainedPolicy([{}, {}])), []);
  const chain = chainedPolicy([{ name: "a", onFailure: () => {} }, {
    name: "b",
    outbound: {},
  }]);
  assertEquals(Object.keys(chain).sort(), ["name", "onFailure", "outbound"]);
  assertEquals(chain.name, "a + b");
});

Deno.test("message hooks of one pattern run in turn until one decides", () => {
  const ran: string[] = [];
  const chain = chainedPolicy([
    { inbound: { INVITE: () => void ran.push("a"), "*": () => reject(403) } },
    {
      inbound: {
        INVITE: () => {
          ran.push("b");
          return reject(480);
        },
      },
    },
    { inbound: { INVITE: () => void ran.push("c") } },
  ]);
  assertEquals(Object.keys(chain.inbound ?? {}), ["INVITE", "*"]);
  assertEquals(chain.inbound?.["INVITE"]?.(MESSAGE, LEG), reject(480));
  assertEquals(ran, ["a", "b"]);
});

Deno.test("every onEnd hears of the end, whatever one of them throws", async () => {
  let heard = 0;
  const chain = chainedPolicy([
    {
      onEnd: () => {
        throw new Error("broken");
      },
    },
    { onEnd: () => void heard++ },
  ]);
  await chain.onEnd?.(CALL, {} as Parameters<NonNullable<Policy["onEnd"]>>[1]);
  assertEquals(heard, 1);
});

/** A source whose policy can be replaced and that counts who holds which. */
class Counted implements PolicySource {
  readonly held = new Map<Policy, number>();
  current: Policy = {};

  acquire(): Policy {
    this.held.set(this.current, (this.held.get(this.current) ?? 0) + 1);
    return this.current;
  }

  release(policy: Policy): void {
    this.held.set(policy, (this.held.get(policy) ?? 0) - 1);
  }
}

Deno.test("a call gives back to each source what it had from it", () => {
  const sources = [new Counted(), new Counted()];
  const chain = chainedSource(sources);
  const first = chain.acquire();
  assertStrictEquals(chain.acquire(), first);
  const before = sources[1]!.current;
  sources[1]!.current = {};
  const second = chain.acquire();
  assertEquals(second === first, false);
  chain.release(first);
  chain.release(first);
  assertEquals(sources[1]!.held.get(before), 0);
  assertEquals(sources[1]!.held.get(sources[1]!.current), 1);
  chain.release(second);
  assertEquals(sources.flatMap(({ held }) => [...held.values()]), [0, 0, 0]);
});

Deno.test("a single source is itself", () => {
  const only = fixedPolicy({});
  assertStrictEquals(chainedSource([only]), only);
});

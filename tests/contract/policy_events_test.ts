/** Simulated events through the same policy, plain and in the sandbox: the hook, its decision, its default. */

import { assertEquals } from "@std/assert";
import { builtInPolicy } from "../../core/call/built_in_policy.ts";
import { checkDecision } from "../../core/call/decision_check.ts";
import { type KeepAliveDecision, relay } from "../../core/call/decisions.ts";
import type {
  DtmfView,
  KeepAliveView,
  ProgressView,
  ReferView,
  RefreshView,
  TargetView,
  UpdateView,
} from "../../core/call/event_views.ts";
import type { DecidingHook, Decision } from "../../core/call/hook_actions.ts";
import type { Policy } from "../../core/call/policy.ts";
import { PolicyEvents } from "../../core/call/policy_events.ts";
import { PolicyHooks } from "../../core/call/policy_hooks.ts";
import { compositePolicy } from "../../scripts/composite.ts";
import { ScriptHost } from "../../scripts/revisions.ts";
import { fakeCall, fakeLeg, FakeMessage } from "../scripts/fake_views.ts";
import { RecordingObserver, testWorld } from "../scripts/world.ts";
import * as plain from "./policy_events_module.ts";

const MODULE = new URL("./policy_events_module.ts", import.meta.url);

async function sandboxed(): Promise<Policy> {
  const text = await Deno.readTextFile(MODULE);
  const files = { read: () => text };
  const host = await ScriptHost.load(await testWorld(), files, "policy.ts");
  return host.acquire();
}

const POLICIES: Readonly<Record<string, () => Policy | Promise<Policy>>> = {
  "a plain module": () => plain,
  "a sandboxed script": sandboxed,
  "several": async () => compositePolicy([{}, await sandboxed(), plain]),
};

const TARGET: TargetView = {
  target: "carrier",
  trunk: "carrier",
  uri: "sip:bob@192.0.2.1",
  attempt: 2,
  number: 1,
};

function progress(status: number, reason = ""): ProgressView {
  const message = new FakeMessage("INVITE", status);
  return { leg: fakeLeg(), target: "carrier", status, reason, message };
}

function update(kind: UpdateView["kind"]): UpdateView {
  const message = new FakeMessage("UPDATE");
  return { leg: fakeLeg(), method: "UPDATE", kind, message };
}

const REFRESH: RefreshView = {
  leg: fakeLeg(),
  method: "UPDATE",
  sdp: false,
  candidates: ["UPDATE", "INVITE", "OPTIONS"],
  peerAllow: ["INVITE", "ACK", "BYE", "UPDATE"],
  peerAllowsUpdate: true,
  lastOutcomes: [],
  secondsLeft: 900,
};

const KEY: DtmfView = {
  leg: fakeLeg(),
  key: "5",
  durationMs: 120,
  kind: "info",
};

const REFER: ReferView = {
  leg: fakeLeg(),
  target: "sip:carol@example.com",
  attended: false,
  referredBy: undefined,
  message: new FakeMessage("REFER"),
};

function ping(kind: KeepAliveView["kind"], method?: string): KeepAliveView {
  const message = method === undefined ? undefined : new FakeMessage(method);
  return {
    kind,
    leg: fakeLeg(),
    address: "udp:192.0.2.1:5060",
    intervalSeconds: 30,
    count: 2,
    bytes: 4,
    message,
  };
}

function hooksOf(policy: Policy): PolicyHooks {
  return new PolicyHooks(policy, {
    observer: new RecordingObserver(),
    trunks: { get: () => undefined },
  });
}

for (const [name, make] of Object.entries(POLICIES)) {
  Deno.test(`events of ${name}: onTarget, onProgress, onAnswer`, async () => {
    const policy = await make();
    const call = fakeCall();
    assertEquals(policy.onTarget!(call, TARGET), { action: "relay" });
    assertEquals(call.vars.tried, "1.2 sip:bob@192.0.2.1");
    const pbx = { ...TARGET, trunk: "pbx" };
    assertEquals(policy.onTarget!(call, pbx), { action: "skip" });

    const quiet = fakeCall({ user: "quiet" });
    assertEquals(policy.onProgress!(quiet, progress(183)), {
      action: "suppress",
    });
    assertEquals(policy.onProgress!(call, progress(183)), {
      action: "replace",
      status: 180,
      body: "",
    });
    const bare = progress(199, "Early End");
    bare.message.headers.delete("X-Note");
    assertEquals(policy.onProgress!(call, bare), {
      action: "reject",
      status: 480,
      reason: "Early End",
    });
    assertEquals(policy.onAnswer!(call, progress(200)), { action: "relay" });
  });

  Deno.test(`events of ${name}: onUpdate`, async () => {
    const policy = await make();
    const call = fakeCall();
    assertEquals(policy.onUpdate!(call, update("hold")), {
      action: "answer",
      status: 200,
      headers: { "X-Held": "UPDATE" },
    });
    assertEquals(policy.onUpdate!(call, update("codec")), {
      action: "reject",
      status: 488,
      reason: "Not Now",
    });
    assertEquals(policy.onUpdate!(call, update("refresh")), relay());
    assertEquals(policy.onUpdate!(call, update("resume")), undefined);
  });

  Deno.test(`events of ${name}: onRefresh`, async () => {
    const events = new PolicyEvents(hooksOf(await make()));
    const ask = (more: Partial<RefreshView>) =>
      events.onRefresh(() => ({ ...REFRESH, ...more }));
    // The short form is the same decision.
    assertEquals(ask({}), { action: "refresh", method: "UPDATE" });
    assertEquals(ask({ secondsLeft: 5 }), { action: "skip" });
    assertEquals(ask({ peerAllowsUpdate: false }), {
      action: "refresh",
      method: "INVITE",
      headers: { "X-Leg": "a" },
    });
    assertEquals(ask({ peerAllow: ["INVITE", "PING"] }), {
      action: "refresh",
      method: "OPTIONS",
    });
    const lastOutcomes = [{
      method: "UPDATE",
      sdp: false,
      result: 500,
    }] as const;
    assertEquals(ask({ lastOutcomes }), {
      action: "refresh",
      method: "OPTIONS",
      sdp: false,
    });
    const leg = { ...fakeLeg(), trunk: undefined };
    assertEquals(ask({ leg }), undefined);
  });

  Deno.test(`events of ${name}: onKeepAlive`, async () => {
    const events = new PolicyEvents(hooksOf(await make()));
    const byDefault: KeepAliveDecision = { action: "reject", status: 481 };
    const ask = (view: KeepAliveView) =>
      events.onKeepAlive(byDefault, () => view);
    assertEquals(ask(ping("crlf")), { action: "ignore" });
    assertEquals(ask(ping("info", "INFO")), { action: "relay" });
    assertEquals(ask(ping("options", "OPTIONS")), {
      action: "answer",
      status: 200,
    });
    assertEquals(ask(ping("notify", "NOTIFY")), byDefault);
    const outside = {
      ...ping("other"),
      leg: { ...fakeLeg(), call: undefined },
    };
    assertEquals(ask(outside), { action: "reject", status: 405 });
  });

  Deno.test(`events of ${name}: onDtmf`, async () => {
    const events = new PolicyEvents(hooksOf(await make()));
    const ask = (more: Partial<DtmfView>) =>
      events.onDtmf(fakeCall(), {
        byDefault: { action: "suppress" },
        view: () => ({ ...KEY, ...more }),
      });
    assertEquals(ask({ key: "#" }), { action: "suppress" });
    assertEquals(ask({ key: "*" }), {
      action: "replace",
      keys: "12",
      as: "info",
    });
    assertEquals(ask({ key: "0" }), { action: "relay", as: "rfc4733" });
    assertEquals(ask({}), { action: "relay" });
    assertEquals(ask({ durationMs: 100 }), { action: "suppress" });
  });

  Deno.test(`events of ${name}: onRefer and onRegister may wait`, async () => {
    const policy = await make();
    const call = fakeCall();
    assertEquals(await policy.onRefer!(call, REFER), {
      action: "reject",
      status: 603,
    });
    const attended = { ...REFER, attended: true };
    assertEquals(await policy.onRefer!(call, attended), { action: "perform" });
    const referredBy = "sip:alice@example.com";
    assertEquals(
      await policy.onRefer!(call, { ...REFER, referredBy }),
      relay(),
    );

    const request = new FakeMessage("REGISTER");
    assertEquals(await policy.onRegister!(request, fakeLeg()), {
      action: "accept",
      expiresSeconds: 60,
    });
    const stranger = { ...fakeLeg(), trunk: undefined };
    assertEquals(await policy.onRegister!(request, stranger), {
      action: "reject",
      status: 403,
    });
  });
}

Deno.test("events of no policy: the default, and no view is made", () => {
  const events = new PolicyEvents(hooksOf({}));
  const never = (): never => {
    throw new Error("a view was made");
  };
  assertEquals(events.onRefresh(never), undefined);
  assertEquals(events.onKeepAlive({ action: "ignore" }, never), {
    action: "ignore",
  });
  assertEquals(
    events.onDtmf(fakeCall(), { byDefault: relay(), view: never }),
    relay(),
  );
  let taken: Decision | undefined;
  const byDefault = { action: "reject", status: 403 } as const;
  const waits = events.onRefer(fakeCall(), {
    byDefault,
    view: never,
    take: (decision) => taken = decision,
  });
  assertEquals([waits, taken], [false, byDefault]);
  events.onRegister(never, {
    leg: fakeLeg(),
    take: (decision) => taken = decision,
  });
  assertEquals(taken, undefined);
});

Deno.test("a fault of an event's hook leaves its default, once reported", async () => {
  const observer = new RecordingObserver();
  const policy: Policy = {
    onKeepAlive: () => {
      throw new Error("oops");
    },
    onDtmf: () => ({ action: "replace", keys: "12x" }),
    onRefresh: () => Promise.resolve("UPDATE") as never,
    onRefer: () => Promise.reject(new Error("late oops")),
  };
  const hooks = new PolicyHooks(policy, {
    observer,
    trunks: { get: () => undefined },
  });
  const events = new PolicyEvents(hooks);
  assertEquals(
    events.onKeepAlive(relay(), () => ping("crlf")).action,
    "relay",
  );
  const dtmf = { byDefault: relay(), view: () => KEY };
  assertEquals(events.onDtmf(fakeCall(), dtmf), relay());
  assertEquals(events.onRefresh(() => REFRESH), undefined);
  const taken = Promise.withResolvers<Decision>();
  const waits = events.onRefer(fakeCall(), {
    byDefault: relay(),
    view: () => REFER,
    take: taken.resolve,
  });
  assertEquals(waits, true);
  assertEquals(await taken.promise, relay());
  assertEquals(observer.records.map(({ fields }) => fields?.error), [
    "oops",
    'Cannot take decision: "x" is no key, wanted 1 to 32 of 0 to 9, *, #, A to D and ! for flash',
    "Cannot wait for onRefresh: it returned a promise",
    "late oops",
  ]);
});

Deno.test("what the built-in policy decides can be carried out", async () => {
  const policy = builtInPolicy([{ from: undefined, to: ["pbx"] }]);
  const nowhere = builtInPolicy([]);
  const failure = {
    target: "pbx",
    status: 503,
    reason: "",
    local: false,
    contacts: [],
    remaining: 1,
  };
  const decided: [DecidingHook, unknown][] = [
    ["onInvite", await policy.onInvite(fakeCall())],
    ["onInvite", await nowhere.onInvite(fakeCall())],
    ["onFailure", await policy.onFailure(fakeCall(), failure)],
    [
      "onFailure",
      await policy.onFailure(fakeCall(), { ...failure, remaining: 0 }),
    ],
    [
      "onRequest",
      await policy.onRequest(new FakeMessage("OPTIONS"), fakeLeg()),
    ],
    ["onRequest", await policy.onRequest(new FakeMessage("INFO"), fakeLeg())],
  ];
  for (const [hook, decision] of decided) {
    checkDecision(hook, decision as Decision, (trunk) => trunk === "pbx");
  }
});

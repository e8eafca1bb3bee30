/** The same policy as a plain module and in the sandbox: core can not tell which one it has. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type {
  CallSummary,
  FailureView,
  Policy,
} from "../../core/call/policy.ts";
import { ScriptHost } from "../../scripts/revisions.ts";
import { fakeCall, fakeLeg, FakeMessage } from "../scripts/fake_views.ts";
import { testWorld } from "../scripts/world.ts";
import * as plain from "./policy_module.ts";

const MODULE = new URL("./policy_module.ts", import.meta.url);

async function sandboxed(): Promise<Policy> {
  const text = await Deno.readTextFile(MODULE);
  const files = { read: () => text };
  const host = await ScriptHost.load(await testWorld(), files, "policy.ts");
  return host.acquire();
}

const POLICIES: Readonly<Record<string, () => Policy | Promise<Policy>>> = {
  "a plain module": () => plain,
  "a sandboxed script": sandboxed,
};

function failure(status: number, remaining = 1): FailureView {
  return {
    target: "pbx",
    status,
    reason: "",
    local: false,
    contacts: [],
    remaining,
  };
}

const SUMMARY: CallSummary = {
  id: "call-1",
  from: "carrier",
  to: "pbx",
  startedAtMs: 1,
  answeredAtMs: undefined,
  endedAtMs: 2,
  status: 486,
  endedBy: "b",
  cause: "busy",
};

for (const [name, make] of Object.entries(POLICIES)) {
  Deno.test(`policy of ${name}: onInvite`, async () => {
    const policy = await make();
    assertEquals(await policy.onInvite!(fakeCall()), {
      action: "route",
      targets: [
        "pbx",
        {
          to: "carrier",
          timeoutSeconds: 20,
          headers: { "X-Plan": ["b", "c"] },
        },
      ],
      parallel: true,
      timeoutSeconds: 60,
    });
    assertEquals(await policy.onInvite!(fakeCall({ user: "666" })), {
      action: "reject",
      status: 603,
      reason: "Declined",
      headers: { "X-Why": "blocked" },
    });
    const abroad = fakeCall({ called: "0049123" });
    assertEquals(await policy.onInvite!(abroad), {
      action: "redirect",
      contacts: ["sip:+49123@gw.example"],
    });
    const silent = fakeCall({ headers: [["X-Silent", "1"]] });
    assertEquals(await policy.onInvite!(silent), undefined);
  });

  Deno.test(`policy of ${name}: onFailure keeps notes in call.vars`, async () => {
    const policy = await make();
    const call = fakeCall({ vars: { tries: 0, other: ["kept"] } });
    assertEquals(await policy.onFailure!(call, failure(503)), {
      action: "next",
    });
    assertEquals(await policy.onFailure!(call, failure(486)), {
      action: "relay",
    });
    assertEquals(await policy.onFailure!(call, failure(503)), {
      action: "reject",
      status: 480,
    });
    assertEquals(call.vars, { tries: 3, other: ["kept"] });
  });

  Deno.test(`policy of ${name}: onRequest and onEnd`, async () => {
    const policy = await make();
    const options = new FakeMessage("OPTIONS");
    assertEquals(await policy.onRequest!(options, fakeLeg()), {
      action: "answer",
      status: 200,
      headers: { "X-Trunk": "carrier" },
    });
    const text = new FakeMessage("MESSAGE");
    assertEquals(await policy.onRequest!(text, fakeLeg()), { action: "drop" });
    const other = new FakeMessage("INFO");
    assertEquals(await policy.onRequest!(other, fakeLeg()), undefined);
    const call = fakeCall();
    assertEquals(await policy.onEnd!(call, SUMMARY), undefined);
    assertEquals(call.vars, { ended: "b 486" });
  });

  Deno.test(`policy of ${name}: message hooks`, async () => {
    const policy = await make();
    assertEquals(Object.keys(policy.inbound!), ["INVITE", "18x INVITE"]);
    assertEquals(Object.keys(policy.outbound!), ["*"]);
    const invite = new FakeMessage();
    assertEquals(policy.inbound!.INVITE!(invite, fakeLeg()), undefined);
    assertEquals(invite.headers.get("X-Peer"), "udp:192.0.2.1:5060");
    assertEquals(invite.from.user, "ALICE");
    const nobody = new FakeMessage();
    nobody.to.user = "nobody";
    assertEquals(policy.inbound!.INVITE!(nobody, fakeLeg()), {
      action: "reject",
      status: 404,
    });
    const ringing = new FakeMessage("INVITE", 180);
    policy.inbound!["18x INVITE"]!(ringing, fakeLeg());
    assertEquals(ringing.headers.get("X-Status"), "180");
    const out = new FakeMessage();
    out.body = "a NUL \0 passes";
    policy.outbound!["*"]!(out, fakeLeg());
    assertEquals(out.headers.has("X-Note"), false);
    assertEquals(out.uri.text, "sip:other@example.net:5080");
    assertEquals(out.body, "b NUL \0 passes");
  });

  Deno.test(`policy of ${name}: what core refuses throws out of the hook`, async () => {
    const policy = await make();
    const message = new FakeMessage();
    message.headers.append("X-Bad", "1");
    assertThrows(
      () => policy.outbound!["*"]!(message, fakeLeg()),
      Error,
      'Cannot set header "Via": Legwork owns it',
    );
    const call = fakeCall();
    Object.defineProperty(call, "vars", {
      get() {
        throw new TypeError("no notes");
      },
    });
    await assertRejects(async () => {
      await policy.onFailure!(call, failure(503));
    }, Error);
  });
}

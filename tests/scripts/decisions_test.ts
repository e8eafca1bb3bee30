/** What each hook may decide, and what a script reads when it decides otherwise. */

import { assertEquals, assertThrows } from "@std/assert";
import { checkDecision } from "../../core/call/decision_check.ts";
import * as makers from "../../core/call/decisions.ts";
import {
  type DecidingHook,
  type Decision,
  HOOK_ACTIONS,
} from "../../core/call/hook_actions.ts";
import { readDecision } from "../../scripts/decision.ts";
import { CALL_HOOKS } from "../../scripts/exports.ts";
import { loadScript } from "./world.ts";

const HOOKS = Object.keys(HOOK_ACTIONS) as DecidingHook[];
const SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n";

/** One of each, as scripts make them. */
const DECISIONS: readonly Decision[] = [
  makers.route("pbx"),
  makers.reject(486),
  makers.redirect("sip:a@a.example"),
  makers.answer(200, { body: SDP }),
  makers.relay(),
  makers.drop(),
  makers.next(),
  makers.skip(),
  makers.suppress(),
  makers.replace(180),
  makers.refresh("UPDATE"),
  makers.ignore(),
  makers.perform(),
  makers.accept(),
];

Deno.test("every hook takes its own decisions and names them when it is given another", () => {
  for (const hook of HOOKS) {
    for (const decision of DECISIONS) {
      const { action } = decision;
      const mine = HOOK_ACTIONS[hook].some((each) => each === action);
      const given: Decision = hook === "onDtmf" && action === "replace"
        ? makers.replace("1")
        : decision;
      const json = JSON.stringify(given);
      if (mine) {
        assertEquals(readDecision(hook, json) as Decision, given);
        checkDecision(hook, given, () => true);
        continue;
      }
      const message = `found ${action}, ${hook} wants `;
      assertThrows(() => readDecision(hook, json), TypeError, message);
      assertThrows(
        () => checkDecision(hook, given, () => true),
        TypeError,
        message,
      );
    }
  }
});

Deno.test("a wrong decision says what was found and what is wanted", () => {
  const cases: [DecidingHook, unknown, string][] = [
    ["onTarget", "skip", `found "skip", onTarget wants relay or skip`],
    ["onTarget", true, "found true, onTarget wants relay or skip"],
    ["onTarget", {}, "found an object without action, onTarget wants"],
    [
      "onAnswer",
      makers.suppress(),
      "found suppress, onAnswer wants relay or reject",
    ],
    ["onProgress", makers.replace(200), "status: found 200, wanted 101 to 199"],
    [
      "onProgress",
      makers.replace("1"),
      "status: found nothing, wanted 101 to 199",
    ],
    ["onDtmf", makers.replace(180), "keys: found nothing, wanted text"],
    [
      "onDtmf",
      { action: "relay", as: "morse" },
      `as: found "morse", wanted rfc4733,`,
    ],
    [
      "onInvite",
      makers.answer(202, { body: SDP }),
      "status: found 202, wanted 200",
    ],
    ["onUpdate", makers.answer(488), "status: found 488, wanted 200 to 299"],
    ["onUpdate", makers.reject(200), "status: found 200, wanted 400 to 699"],
    [
      "onRefresh",
      "PING",
      `method: found "PING", wanted UPDATE, INVITE or OPTIONS`,
    ],
    [
      "onRefresh",
      makers.relay(),
      `onRefresh wants "UPDATE", "INVITE", "OPTIONS", refresh or skip`,
    ],
    [
      "onRegister",
      { action: "accept", expiresSeconds: "1" },
      `expiresSeconds: found "1", wanted seconds`,
    ],
    [
      "onInvite",
      makers.route({ to: "pbx", weight: 1.5 }),
      "weight: found 1.5, wanted 0 to 65535",
    ],
    [
      "onInvite",
      { action: "route", targets: [{ to: "a", parties: 7 }] },
      "parties: found 7, wanted from, to or asserted",
    ],
  ];
  for (const [hook, decision, message] of cases) {
    assertThrows(
      () => readDecision(hook, JSON.stringify(decision)),
      TypeError,
      message,
    );
  }
  assertEquals(readDecision("onRefresh", '"OPTIONS"'), {
    action: "refresh",
    method: "OPTIONS",
  });
});

Deno.test("a plain policy is held to the same", () => {
  const cases: [DecidingHook, Decision, string][] = [
    ["onInvite", makers.answer(200), "found no SDP, wanted it as body"],
    ["onProgress", makers.replace(200), "200 is not a status from 101 to 199"],
    ["onUpdate", makers.answer(404), "404 is not a status from 200 to 299"],
    ["onDtmf", makers.replace("x"), `"x" is no key, wanted 1 to 32 of`],
  ];
  for (const [hook, decision, message] of cases) {
    assertThrows(
      () => checkDecision(hook, decision, () => true),
      TypeError,
      message,
    );
  }
});

Deno.test("a misspelt hook is refused with the nearest name", async () => {
  for (const hook of CALL_HOOKS) {
    const misspelt = `${hook.slice(0, -1)}x`;
    await assertRefused(
      `export function ${misspelt}() {}`,
      `did you mean ${hook}?`,
    );
  }
  await assertRefused("export function onKeepalive() {}", "onKeepAlive?");
  await assertRefused("export function onDTMF() {}", "onDtmf?");
  await assertRefused("export function onReInvite() {}", "onInvite?");
});

Deno.test("a hook that must answer at once cannot wait", async () => {
  using script = await loadScript(`
    export async function onTarget() {}
    export async function onRefresh() {}
  `);
  const policy = script.host.acquire();
  const message = "Cannot wait for this hook: it returned a promise";
  const target = { target: "a", trunk: "a", uri: "", attempt: 1, number: 1 };
  assertThrows(() => policy.onTarget!({} as never, target), Error, message);
  const refresh = { leg: {} } as never;
  assertThrows(() => policy.onRefresh!(refresh), Error, message);
});

async function assertRefused(script: string, message: string): Promise<void> {
  let problem = "it loads";
  try {
    (await loadScript(script))[Symbol.dispose]();
  } catch (error) {
    problem = String(error);
  }
  assertEquals(problem.includes(message), true, `${script}: ${problem}`);
}

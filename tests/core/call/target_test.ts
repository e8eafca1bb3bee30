import { assertEquals, assertThrows } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { Headers } from "../../../core/message/headers.ts";
import { checkDecision } from "../../../core/call/decision_check.ts";
import { route, type RouteTarget } from "../../../core/call/decisions.ts";
import { dressFor, type Target, targetsOf } from "../../../core/call/target.ts";
import { Registrar } from "../../../core/trunk/registrar.ts";
import { TrunkTable } from "../../../core/trunk/trunk_table.ts";

const random = seededRandom(1);
const clock = new TimerWheel(0);
const observer = new CountingObserver();

function targets(...list: RouteTarget[]): Target[] {
  return targetsOf(route(...list), {
    registrar: new Registrar({ clock, random, observer }),
    trunks: new TrunkTable([]),
    random,
    user: "200",
    noAnswerSeconds: 180,
  });
}

function check(target: RouteTarget): void {
  checkDecision("onInvite", route(target), () => false);
}

Deno.test("weights are the share of calls that come first", () => {
  const first = new Map<string, number>();
  for (let call = 0; call < 1000; call++) {
    const order = targets(
      { to: "sip:a@a.example", weight: 3 },
      "sip:b@b.example",
      { to: "sip:c@c.example", weight: 0 },
    ).map(({ name }) => name);
    assertEquals(order.length, 3);
    assertEquals(order[2], "sip:c@c.example");
    first.set(order[0]!, (first.get(order[0]!) ?? 0) + 1);
  }
  const share = (first.get("sip:a@a.example") ?? 0) / 1000;
  assertEquals(share > 0.7 && share < 0.8, true, String(share));
});

Deno.test("without weights the order is as written", () => {
  const uris = ["sip:c@x", "sip:b@x", "sip:a@x"];
  assertEquals(targets(...uris).map(({ name }) => name), uris);
});

Deno.test("a target's own user, parties and header fields", () => {
  const [target] = targets({
    to: "sip:a@a.example",
    user: "+49 30".replace(" ", ""),
    headers: { "X-Plan": ["b", "c"] },
    parties: { from: '"Grün" <sip:1@x>', asserted: "tel:+4930" },
  });
  assertEquals(String(target!.uris[0]), "sip:+4930@a.example");
  assertEquals(target!.to, undefined);
  const headers = new Headers().append("X-Plan", "a")
    .append("P-Asserted-Identity", "<sip:old@x>");
  dressFor(target!, headers);
  assertEquals(headers.getAll("x-plan"), ["b", "c"]);
  assertEquals(headers.getAll("p-asserted-identity"), ["<tel:+4930>"]);
});

Deno.test("what no request could carry is refused by name", () => {
  const to = "sip:a@a.example";
  const cases: [RouteTarget, string][] = [
    [{ to, user: "a b" }, `"a b" is not the user part`],
    [{ to, user: "a@b" }, `"a@b" is not the user part`],
    [{ to, weight: -1 }, "weight -1 is not between 0 and 65535"],
    [{ to, weight: NaN }, "weight NaN is not between"],
    [{ to, parties: { from: "Alice" } }, `from "Alice" is neither a URI`],
    [{ to, parties: { to: "<sip:a" } }, `to "<sip:a" is neither a URI`],
    [{ to, parties: { from: "a\r\nb" } }, "line break"],
    [{ to, headers: { Via: "x" } }, "Legwork owns it"],
    ["nowhere", `target "nowhere" is neither a trunk, a SIP URI nor aor:USER`],
  ];
  for (const [target, message] of cases) {
    assertThrows(() => check(target), TypeError, message);
  }
});

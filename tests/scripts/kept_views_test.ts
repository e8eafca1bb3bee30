/** Hooks are handed the same objects again only where nobody could tell. */

import { assert, assertEquals } from "@std/assert";
import { KeptViews } from "../../scripts/kept_views.ts";
import { Machine } from "../../scripts/machine.ts";
import { findObjectWords } from "../../scripts/object_words.ts";
import { fakeLeg, FakeMessage } from "./fake_views.ts";
import { loadScript, testWorld } from "./world.ts";

/** What a hook can do with what it is handed, and what the next hook would see of it on the same objects. */
const TOUCHES: Record<string, { does: string; shows: string }> = {
  "keeps the message": {
    does: "kept = message;",
    shows: "kept === message",
  },
  "keeps the headers": {
    does: "kept = message.headers;",
    shows: "kept === message.headers",
  },
  "keeps the leg": {
    does: "kept = leg;",
    shows: "kept === leg",
  },
  "keeps the message in a closure": {
    does: "kept = () => message;",
    shows: "kept() === message",
  },
  "keeps the message in a cycle": {
    does: "const a = { message }; a.a = a; kept = new WeakMap([[message, a]]);",
    shows: "kept.has(message)",
  },
  "knows the message weakly": {
    does: "kept = new WeakSet([message]);",
    shows: "kept.has(message)",
  },
  "knows the headers weakly": {
    does: "kept = new WeakMap([[message.headers, 1]]);",
    shows: "kept.has(message.headers)",
  },
  "gives the message a property": {
    does: "message.mine = 1;",
    shows: "message.mine !== undefined",
  },
  "hides a member": {
    does: `Object.defineProperty(message.headers, "get", { value: () => 1 });`,
    shows: "message.headers.get('From') === 1",
  },
  "gives the leg a property by a symbol": {
    does: "leg[Symbol.iterator] = 1;",
    shows: "leg[Symbol.iterator] !== undefined",
  },
  "gives the headers another prototype": {
    does: "Object.setPrototypeOf(message.headers, { mine: 1 });",
    shows: "message.headers.mine !== undefined",
  },
  "freezes the message": {
    does: "Object.freeze(message);",
    shows: "Object.isFrozen(message)",
  },
  "throws it": {
    does: "kept = message; throw message;",
    shows: "kept === message",
  },
  "waits with it": {
    does:
      "kept = () => message; return Promise.resolve().then(() => message.mine = 1);",
    shows: "kept() === message || message.mine !== undefined",
  },
};

for (const [name, { does, shows }] of Object.entries(TOUCHES)) {
  Deno.test(`the next hook has nothing of what one leaves behind: ${name}`, async () => {
    using script = await loadScript(`
      let kept;
      export const inbound = {
        INVITE: (message, leg) => { ${does} },
        BYE: (message, leg) => {
          message.headers.set("X-Shows", String(${shows}));
        },
      };
    `);
    const { inbound } = script.host.acquire();
    for (let round = 0; round < 3; round++) {
      try {
        inbound!.INVITE!(new FakeMessage(), fakeLeg());
      } catch {
        // Some of them are faults.
      }
      for (let i = 0; i < 2; i++) {
        const later = new FakeMessage("BYE");
        inbound!.BYE!(later, fakeLeg());
        assertEquals(later.headers.get("X-Shows"), "false");
      }
    }
  });
}

for (
  const view of [
    "message",
    "message.headers",
    "message.from",
    "message.uri",
    "leg",
    "leg.call",
    "leg.call.from",
    "message.value('X-Note')",
  ]
) {
  Deno.test(`what a hook keeps is of no use to the next: ${view}`, async () => {
    using script = await loadScript(`
      let kept;
      function read(view) {
        return [
          () => view.method, () => view.get("From"), () => view.user,
          () => view.text, () => view.name, () => view.id,
        ].map((each) => { try { return each(); } catch (e) { return e.message; } })
          .filter((each) => each !== undefined);
      }
      export const inbound = {
        INVITE: (message, leg) => { kept = ${view}; },
        BYE: (message) => {
          message.headers.set("X-Read", JSON.stringify(read(kept)));
        },
      };
    `);
    const { inbound } = script.host.acquire();
    inbound!.INVITE!(new FakeMessage(), fakeLeg());
    for (let i = 0; i < 2; i++) {
      const later = new FakeMessage("BYE");
      inbound!.BYE!(later, fakeLeg());
      const read = JSON.parse(later.headers.get("X-Read")!) as string[];
      const dead = read.filter((each) => !each.includes("not a function"));
      assert(dead.length > 0);
      for (const each of dead) {
        assertEquals(
          each,
          "Cannot use a message or call: its hook has returned",
        );
      }
    }
  });
}

Deno.test("notes of a call are of that call, hook after hook", async () => {
  using script = await loadScript(`
    export const inbound = {
      INVITE: (message, leg) => {
        const { vars } = leg.call;
        vars.count = (vars.count ?? 0) + 1;
        message.headers.set("X-Count", String(vars.count));
      },
      BYE: () => {},
    };
  `);
  const { inbound } = script.host.acquire();
  const legs = [fakeLeg(), fakeLeg()];
  const seen = [0, 0, 1, 0, 1].map((which) => {
    const message = new FakeMessage();
    inbound!.INVITE!(message, legs[which]!);
    inbound!.BYE!(message, legs[which]!);
    return message.headers.get("X-Count");
  });
  assertEquals(seen, ["1", "2", "1", "3", "2"]);
});

Deno.test("objects that nobody touched are handed out again", async () => {
  const { engine, limits } = await testWorld();
  const instance = await engine.instantiate(limits.memoryBytes);
  const machine: Machine = new Machine(instance, {
    onCall: (args) => {
      kept.take(args);
      return undefined;
    },
    onPoll: () => 10_000,
    resolve: (_, name) => name,
    source: () => "",
  });
  const kept: KeptViews = new KeptViews(machine, findObjectWords(machine));
  const host = machine.newHostFunction();
  const setter = machine.evaluate("(host) => { globalThis.host = host; }", "a");
  machine.free(machine.call(setter, [host]));
  machine.free(setter);
  machine.free(host);
  const run = (code: string) => machine.free(machine.evaluate(code, "code"));
  run(`globalThis.View = class { #a; #b; };
    globalThis.twin = new View();
    globalThis.mine = [];
    globalThis.views = [];
    globalThis.make = () => {
      views = [new View(), new View(), new View(), new View()];
      host(0, ...views);
    };`);
  assertEquals(kept.untouched, false);
  for (
    const touch of [
      "mine.push(views[3])",
      "views[0].x = 1",
      "Object.seal(views[1])",
      "Object.setPrototypeOf(views[2], null)",
      "new WeakSet([views[3]])",
      "mine.push(new WeakSet([views[0]]))",
    ]
  ) {
    kept.drop();
    run("make()");
    kept.settle();
    // Reading, holding for a while and a collection of garbage leave no trace.
    run("(() => { const held = [...views]; return held.length; })()");
    run("for (let i = 0; i < 1000; i++) { const a = {}; a.a = a; }");
    assertEquals(kept.untouched, true);
    run(touch);
    assertEquals(kept.untouched, touch === "new WeakSet([views[3]])", touch);
  }
  machine.dispose();
});

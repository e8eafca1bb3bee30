import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import {
  DtmfTranslator,
  type DtmfTranslatorOptions,
} from "../../../core/media/dtmf_translator.ts";
import type { HeardKind, Key, SendKind } from "../../../core/media/key.ts";
import type {
  KeySink,
  KeySinkUser,
  KeyToSend,
} from "../../../core/media/key_sink.ts";
import { MessageSink } from "../../../core/media/message_sink.ts";

/** A sink that a test lets go on, key by key. */
class HandSink implements KeySink {
  readonly log: string[] = [];
  #user: KeySinkUser | undefined;

  constructor(
    readonly kind: SendKind = "info",
    readonly takesHeldKeys: boolean = kind === "rfc4733",
  ) {}

  send({ key, durationMs }: KeyToSend, user: KeySinkUser): void {
    this.log.push(`${key} ${durationMs ?? "held"}`);
    this.#user = user;
  }

  release(durationMs: number): void {
    this.log.push(`released ${durationMs}`);
  }

  close(): void {
    this.log.push("closed");
    this.#user = undefined;
  }

  done(outcome: "sent" | "failed" = "sent"): void {
    const user = this.#user;
    this.#user = undefined;
    user?.keySent(outcome);
  }

  take(): string[] {
    return this.log.splice(0);
  }
}

function bed(options: Partial<DtmfTranslatorOptions> = {}) {
  const clock = new TimerWheel();
  const observer = new CountingObserver();
  const heard: string[] = [];
  const translator = new DtmfTranslator({
    clock,
    observer,
    receive: ["rfc4733", "info", "inband", "kpml"],
    onPress: ({ key, durationMs, kind }) => {
      heard.push(`${key} ${durationMs} ${kind}`);
    },
    ...options,
  });
  const press = (key: Key, kind: HeardKind = "info", durationMs = 160): void =>
    translator.keyUp({ key, durationMs, kind });
  const count = (name: string): number => observer.counters.get(name) ?? 0;
  return { clock, observer, heard, translator, press, count };
}

Deno.test("keys go one at a time, in order", () => {
  const { translator, press, count } = bed();
  const sink = new HandSink();
  translator.attach([sink]);
  press("1");
  press("2");
  press("3");
  assertEquals(sink.take(), ["1 160"]);
  sink.done();
  assertEquals(sink.take(), ["2 160"]);
  sink.done("failed");
  assertEquals(sink.take(), ["3 160"]);
  sink.done();
  assertEquals(translator.waiting, 0);
  assertEquals([count("media_keys_sent"), count("media_keys_failed")], [2, 1]);
});

Deno.test("no key is shorter than the minimum", () => {
  for (const minDurationMs of [undefined, 70]) {
    const { translator, press } = bed(
      minDurationMs === undefined ? {} : { minDurationMs },
    );
    const sink = new HandSink();
    translator.attach([sink]);
    press("1", "info", 40);
    assertEquals(sink.take(), [`1 ${minDurationMs ?? 100}`]);
  }
});

Deno.test("a held key begins at once where it can, and else when it is up", () => {
  for (const takesHeldKeys of [true, false]) {
    const { translator, press, heard } = bed();
    const sink = new HandSink("rfc4733", takesHeldKeys);
    translator.attach([sink]);
    translator.keyDown("1", "rfc4733");
    assertEquals(sink.take(), takesHeldKeys ? ["1 held"] : []);
    press("1", "rfc4733", 4000);
    assertEquals(sink.take(), takesHeldKeys ? ["released 4000"] : ["1 4000"]);
    assertEquals(heard, ["1 4000 rfc4733"]);
  }
});

Deno.test("a short key that was begun while down is as long as the minimum", () => {
  const { translator, press } = bed();
  const sink = new HandSink("rfc4733");
  translator.attach([sink]);
  translator.keyDown("1", "rfc4733");
  press("1", "rfc4733", 40);
  assertEquals(sink.take(), ["1 held", "released 100"]);
});

Deno.test("a held key that waits for another begins with what is known then", () => {
  const { translator, press } = bed();
  const sink = new HandSink("rfc4733");
  translator.attach([sink]);
  press("1");
  translator.keyDown("2", "rfc4733");
  press("2", "rfc4733", 300);
  assertEquals(sink.take(), ["1 160"]);
  sink.done();
  assertEquals(sink.take(), ["2 300"]);
});

Deno.test("a key after one that is still down waits for it, so that the order stays", () => {
  const { translator, press } = bed();
  const sink = new HandSink("info");
  translator.attach([sink]);
  translator.keyDown("1", "rfc4733");
  press("2", "info");
  assertEquals(sink.take(), []);
  press("1", "rfc4733", 500);
  assertEquals(sink.take(), ["1 500"]);
  sink.done();
  assertEquals(sink.take(), ["2 160"]);
});

Deno.test("keys before the answer, and during hold, wait for the leg", () => {
  const { translator, press } = bed();
  press("1");
  press("2");
  assertEquals(translator.waiting, 2);
  const sink = new HandSink();
  translator.attach([sink]);
  assertEquals(sink.take(), ["1 160"]);
  translator.detach();
  assertEquals(sink.take(), ["closed"]);
  press("3");
  translator.attach([sink]);
  assertEquals(sink.take(), ["2 160"]);
  sink.done();
  assertEquals(sink.take(), ["3 160"]);
});

Deno.test("a held key whose leg is put on hold counts as sent", () => {
  const { translator, press } = bed();
  const sink = new HandSink("rfc4733");
  translator.attach([sink]);
  translator.keyDown("1", "rfc4733");
  translator.detach();
  press("1", "rfc4733", 500);
  translator.attach([sink]);
  assertEquals(sink.take(), ["1 held", "closed"]);
});

Deno.test("a leg whose session changes: the key that is being sent is finished first", () => {
  const { translator, press } = bed();
  const [before, after] = [new HandSink("rfc4733"), new HandSink("rfc4733")];
  translator.attach([before]);
  translator.keyDown("1", "rfc4733");
  translator.attach([after]);
  press("1", "rfc4733", 500);
  press("2");
  assertEquals(before.take(), ["1 held", "released 500"]);
  assertEquals(after.take(), []);
  before.done();
  assertEquals(before.take(), ["closed"]);
  assertEquals(after.take(), ["2 160"]);
  translator.attach([after]);
  after.done();
  press("3");
  assertEquals(after.take(), ["3 160"], "the same sink, not closed");
  translator.attach([before]);
  translator.detach();
  assertEquals([before.take(), after.take()], [["closed"], ["closed"]]);
  after.done();
  assertEquals(translator.waiting, 0);
});

Deno.test("keys that waited too long are let go", () => {
  const { clock, translator, press, count } = bed();
  press("1");
  clock.advance(DEFAULT_LIMITS.keyWaitMs);
  press("2");
  clock.advance(DEFAULT_LIMITS.keyWaitMs + 1);
  const sink = new HandSink();
  translator.attach([sink]);
  assertEquals(sink.take(), ["2 160"]);
  assertEquals(count("media_keys_expired"), 1);
});

Deno.test("more keys than may wait are dropped and counted", () => {
  const logged: string[] = [];
  const observer = new CountingObserver();
  observer.log = ({ text }) => logged.push(text);
  const { translator, press } = bed({
    observer,
    limits: { ...DEFAULT_LIMITS, waitingKeys: 2 },
  });
  for (const key of ["1", "2", "3", "4"] as const) press(key);
  assertEquals(translator.waiting, 2);
  assertEquals(observer.counters.get("media_keys_dropped"), 2);
  assertEquals(logged, ["keys are lost: too many wait"]);
  translator.close();
  assertEquals(observer.counters.get("media_keys_undelivered"), 2);
  assertEquals(translator.waiting, 0);
});

Deno.test("kinds that the leg is not set to are not heard", () => {
  const { translator, press, heard } = bed({ receive: ["info"] });
  const sink = new HandSink("rfc4733");
  translator.attach([sink]);
  translator.keyDown("1", "rfc4733");
  press("1", "rfc4733");
  assertEquals([sink.take(), heard], [[], []]);
});

Deno.test("one press told of by two kinds is one key", () => {
  const orders: readonly (readonly [HeardKind, HeardKind])[] = [
    ["rfc4733", "info"],
    ["info", "rfc4733"],
    ["inband", "rfc4733"],
    ["kpml", "inband"],
  ];
  for (const [first, second] of orders) {
    const { clock, translator, press, heard } = bed();
    const sink = new HandSink();
    translator.attach([sink]);
    for (let time = 0; time < 3; time++) {
      press("1", first);
      clock.advance(clock.now() + 150);
      press("1", second);
      clock.advance(clock.now() + 150);
      sink.done();
    }
    assertEquals(sink.take(), ["1 160", "1 160", "1 160"]);
    assertEquals(heard, Array(3).fill(`1 160 ${first}`));
  }
});

Deno.test("a long press, told of at its end by INFO", () => {
  const { clock, translator, press, heard } = bed();
  const sink = new HandSink("rfc4733");
  translator.attach([sink]);
  translator.keyDown("1", "rfc4733");
  clock.advance(8000);
  press("1", "info", 8000);
  press("1", "rfc4733", 8010);
  assertEquals(heard, ["1 8010 rfc4733"]);
  assertEquals(sink.take(), ["1 held", "released 8010"]);
});

Deno.test("an INFO that comes two keys late is none of its own", () => {
  const { clock, translator, press } = bed();
  const sink = new HandSink();
  translator.attach([sink]);
  for (const key of ["1", "1", "2"] as const) {
    press(key, "rfc4733");
    clock.advance(clock.now() + 200);
    sink.done();
  }
  for (const key of ["1", "1", "2"] as const) press(key, "info");
  assertEquals(sink.take(), ["1 160", "1 160", "2 160"]);
});

Deno.test("the same key by another kind after two seconds is another press", () => {
  const { clock, translator, press } = bed();
  press("1", "rfc4733");
  clock.advance(2000);
  press("1", "info");
  assertEquals(translator.waiting, 1);
  press("2", "rfc4733");
  clock.advance(4001);
  press("2", "info");
  assertEquals(translator.waiting, 3);
});

Deno.test("other keys by two kinds at once are two keys", () => {
  const { translator, press } = bed();
  press("1", "rfc4733");
  press("2", "info");
  assertEquals(translator.waiting, 2);
});

Deno.test("a decision: as it is, others instead, another way, none", () => {
  const { translator, press } = bed({
    decide: ({ key }) => {
      switch (key) {
        case "1":
          return undefined;
        case "2":
          return [
            { key: "8", durationMs: 120 },
            { key: "9", durationMs: 20, as: "rfc4733" },
          ];
        default:
          return [];
      }
    },
  });
  const info = new HandSink("info");
  const events = new HandSink("rfc4733");
  translator.attach([info, events]);
  translator.keyDown("1", "rfc4733");
  assertEquals(info.take(), [], "a decision waits for the key's end");
  press("1", "rfc4733", 200);
  press("2");
  press("3");
  assertEquals(info.take(), ["1 200"]);
  info.done();
  assertEquals(info.take(), ["8 120"]);
  info.done();
  assertEquals([info.take(), events.take()], [[], ["9 100"]]);
  events.done();
  assertEquals(translator.waiting, 0);
});

Deno.test("keys that nobody pressed", () => {
  const { translator, heard } = bed({ decide: () => [] });
  const sink = new HandSink();
  translator.attach([sink]);
  translator.inject({ key: "flash", durationMs: 300 });
  assertEquals([sink.take(), heard], [["flash 300"], []]);
});

Deno.test("a call that is over passes nothing on", () => {
  const { translator, press } = bed();
  const sink = new HandSink();
  translator.attach([sink]);
  press("1");
  translator.close();
  press("2");
  translator.inject({ key: "3", durationMs: 100 });
  translator.attach([sink]);
  assertEquals(sink.take(), ["1 160", "closed"]);
  assertEquals(translator.waiting, 0);
});

Deno.test("messages are sent one at a time, and answers after the end are nobody's", () => {
  const { translator, press, count } = bed();
  const sent: string[] = [];
  const answers: ((isAccepted: boolean) => void)[] = [];
  const sink = new MessageSink({
    kind: "info",
    out: {
      sendKey({ key, durationMs }, answered): void {
        sent.push(`${key} ${durationMs}`);
        answers.push(answered);
      },
    },
  });
  translator.attach([sink]);
  press("1");
  press("2");
  press("3");
  assertEquals(sent, ["1 160"]);
  answers.shift()?.(true);
  assertEquals(sent, ["1 160", "2 160"]);
  answers[0]?.(false);
  answers[0]?.(true);
  assertEquals(sent, ["1 160", "2 160", "3 160"]);
  assertEquals(count("media_keys_failed"), 1);
  translator.close();
  answers.at(-1)?.(true);
  assertEquals(count("media_keys_sent"), 1);
});

Deno.test("a sink that is done at once", () => {
  const { translator, press } = bed();
  const sent: string[] = [];
  press("1");
  press("2");
  translator.attach([
    new MessageSink({
      kind: "info",
      out: {
        sendKey({ key }, answered): void {
          sent.push(key);
          answered(true);
        },
      },
    }),
  ]);
  assertEquals(sent, ["1", "2"]);
});

Deno.test("whatever happens: each press leaves once, in order", () => {
  const random = seededRandom(50);
  const upTo = (limit: number): number => Math.floor(random.fraction() * limit);
  for (let round = 0; round < 100; round++) {
    const { clock, translator, press } = bed({
      limits: { ...DEFAULT_LIMITS, keyWaitMs: Infinity, waitingKeys: 100 },
    });
    const sink = new HandSink("rfc4733");
    const kinds = ["rfc4733", "info"] as const;
    let wanted = "";
    let isAttached = false;
    for (let step = 0; step < 100; step++) {
      const key = String(step % 10) as Key;
      switch (upTo(4)) {
        case 0:
          wanted += key;
          translator.keyDown(key, "rfc4733");
          press(key, "rfc4733");
          press(key, "info");
          break;
        case 1:
          wanted += key;
          press(key, kinds[upTo(2)]);
          break;
        case 2:
          sink.done();
          break;
        default:
          if (isAttached) translator.detach();
          else translator.attach([sink]);
          isAttached = !isAttached;
      }
      clock.advance(clock.now() + 2100);
    }
    if (!isAttached) translator.attach([sink]);
    while (translator.waiting > 0) sink.done();
    const sent = sink.log.filter((line) => /^\d /.test(line))
      .map((line) => line[0]).join("");
    assertEquals(sent, wanted);
    translator.close();
  }
});

import { assertEquals } from "@std/assert";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import { EndedStore } from "../../../core/transaction/ended_store.ts";
import {
  branchKey,
  type TransactionKey,
} from "../../../core/transaction/transaction_key.ts";

/** Keys that share one hash: told apart by what they say. */
function crowded(parts: Partial<TransactionKey>): TransactionKey {
  return { id: "z9hG4bKa", name: "192.0.2.9", number: 5060, ...parts, hash: 7 };
}

Deno.test("ended store: what is kept comes back until its time, and not in that millisecond", () => {
  const wheel = new TimerWheel(1000);
  const gone: string[] = [];
  const store = new EndedStore<string>(wheel, (held) => gone.push(held));
  const key = branchKey("z9hG4bK1.abc");
  const bytes = toBytes("SIP/2.0 200 OK\r\n\r\n");
  store.add(key, "BYE", { waitMs: 500, tag: "ours", bytes, held: "flow" });
  bytes.fill(0);

  const found = store.find(key, "BYE");
  assertEquals(store.bytes(found), toBytes("SIP/2.0 200 OK\r\n\r\n"));
  assertEquals(store.tag(found), "ours");
  assertEquals(store.held(found), "flow");
  assertEquals(store.isConfirmed(found), false);
  assertEquals(store.find(key, "INVITE"), -1);
  assertEquals(store.find(branchKey("z9hG4bK1.abd"), "BYE"), -1);

  wheel.advance(1499);
  assertEquals(store.find(key, "BYE"), found);
  assertEquals(gone, []);
  wheel.advance(1500);
  assertEquals(store.find(key, "BYE"), -1);
  assertEquals(gone, ["flow"]);
  assertEquals([store.size, wheel.pending], [0, 0]);
});

Deno.test("ended store: keys of one hash are told apart by every part, and by method", () => {
  const wheel = new TimerWheel();
  const store = new EndedStore<never>(wheel, () => {});
  const keys = [
    crowded({}),
    crowded({ id: "z9hG4bKb" }),
    crowded({ name: "192.0.2.8" }),
    crowded({ number: 5061 }),
    crowded({ number: -1 }),
    // The same characters, divided otherwise.
    crowded({ id: "z9hG4bKa1", name: "92.0.2.9" }),
  ];
  for (const [i, key] of keys.entries()) {
    store.add(key, "INVITE", { waitMs: 10, tag: `invite${i}` });
    store.add(key, "CANCEL", { waitMs: 10, tag: `cancel${i}` });
  }
  for (const [i, key] of keys.entries()) {
    assertEquals(store.tag(store.find(key, "INVITE")), `invite${i}`);
    assertEquals(store.tag(store.find(key, "CANCEL")), `cancel${i}`);
    assertEquals(store.tag(store.findOther(key, "CANCEL")), `invite${i}`);
    assertEquals(store.find(key, "INVIT"), -1);
  }
  store.clear();
  assertEquals([store.size, wheel.pending], [0, 0]);
});

Deno.test("ended store: thousands in two lanes, against a map", () => {
  const wheel = new TimerWheel();
  let gone = 0;
  const store = new EndedStore<number>(wheel, () => gone++);
  const model = new Map<string, { endsMs: number; body: string }>();
  let added = 0;
  for (let ms = 0; ms < 3000; ms++) {
    wheel.advance(ms);
    for (let i = 0; i < 3; i++) {
      const branch = `z9hG4bK${added.toString(36)}.x`;
      const waitMs = i === 2 ? 150 : 1000;
      // Some are larger than a chunk, and some have nothing to send.
      const length = added % 997 === 0 ? 40_000 : (added * 31) % 700;
      const body = String(added % 10).repeat(length);
      const bytes = toBytes(body);
      store.add(branchKey(branch), "BYE", { waitMs, bytes, held: added++ });
      model.set(branch, { endsMs: ms + waitMs, body });
    }
    if (ms % 50 !== 0) continue;
    for (const [branch, { endsMs, body }] of model) {
      const found = store.find(branchKey(branch), "BYE");
      assertEquals(found >= 0, endsMs > ms);
      if (found < 0) {
        model.delete(branch);
      } else {
        const bytes = store.bytes(found);
        assertEquals(bytes?.length ?? 0, body.length);
        if (bytes?.some((byte) => byte !== body.charCodeAt(0))) {
          throw new Error(`the bytes of ${branch} are another's`);
        }
      }
    }
    // What is over its time by some milliseconds may still take room.
    assertEquals(store.size >= model.size, true);
    assertEquals(store.size <= model.size + 3 * 101, true);
    // One timer a lane.
    assertEquals(wheel.pending, 2);
  }
  wheel.advance(4000);
  assertEquals(gone, added);
  assertEquals([store.size, wheel.pending], [0, 0]);
});

Deno.test("ended store: one taken out early is found no more and not told of", () => {
  const wheel = new TimerWheel();
  const gone: string[] = [];
  const store = new EndedStore<string>(wheel, (held) => gone.push(held));
  const [a, b] = [branchKey("a"), branchKey("b")];
  store.add(a, "INVITE", { waitMs: 100, held: "a" });
  store.add(b, "INVITE", { waitMs: 100, held: "b" });
  store.remove(store.find(a, "INVITE"));
  assertEquals(store.find(a, "INVITE"), -1);
  assertEquals(store.size, 1);
  // Room is made with it still in its lane.
  for (let i = 0; i < 200; i++) {
    store.add(branchKey(`c${i}`), "INVITE", { waitMs: 100 });
  }
  assertEquals(store.find(a, "INVITE"), -1);
  assertEquals(store.held(store.find(b, "INVITE")), "b");
  wheel.advance(100);
  assertEquals(gone, ["b"]);
  assertEquals([store.size, wheel.pending], [0, 0]);

  store.add(a, "INVITE", { waitMs: 100, held: "a" });
  store.remove(store.find(a, "INVITE"));
  assertEquals([store.size, wheel.pending], [0, 0]);
});

Deno.test("ended store: something else may be kept with a record, which ends when it would have", () => {
  const wheel = new TimerWheel();
  const gone: string[] = [];
  const store = new EndedStore<string>(wheel, (held) => gone.push(held));
  const [a, b] = [branchKey("a"), branchKey("b")];
  const found = store.add(a, "INVITE", { waitMs: 1000, held: "one" });
  const more = { waitMs: 1000, tag: "theirs", text: "sip:\xe9\r\nVia: x\r\n" };
  const bytes = toBytes("ACK sip:b SIP/2.0\r\n\r\n");
  const check = (held: string): void => {
    assertEquals(store.find(a, "INVITE"), found);
    assertEquals(
      [store.tag(found), store.text(found), store.held(found)],
      ["theirs", more.text, held],
    );
    assertEquals(store.bytes(found), bytes);
  };
  // It is the last that was written, and then it is not.
  store.replace(found, { ...more, bytes, held: "two" });
  check("two");
  wheel.advance(300);
  store.add(b, "INVITE", { waitMs: 1000, tag: "b", held: "b" });
  store.replace(found, { ...more, bytes, held: "three" });
  check("three");
  assertEquals(store.tag(store.find(b, "INVITE")), "b");
  store.hold(found, "four");
  check("four");
  assertEquals(store.size, 2);
  wheel.advance(999);
  check("four");
  wheel.advance(1000);
  assertEquals(store.find(a, "INVITE"), -1);
  wheel.advance(1300);
  assertEquals(gone, ["four", "b"]);
  assertEquals([store.size, wheel.pending], [0, 0]);
  // Whoever has not heard that all is forgotten does no harm.
  store.hold(found, "five");
  assertEquals(store.held(found), undefined);
});

Deno.test("ended store: thousands that are given more at once, later or never", () => {
  const wheel = new TimerWheel();
  let gone = 0;
  const store = new EndedStore<number>(wheel, () => gone++);
  const textOf = (n: number): string =>
    String(n % 10).repeat(n % 499 === 0 ? 33_000 : (n * 37) % 900);
  let added = 0;
  for (let ms = 0; ms < 2500; ms++) {
    wheel.advance(ms);
    for (let i = 0; i < 3; i++) {
      const n = added++;
      const key = branchKey(`z9hG4bK${n}`);
      const found = store.add(key, "INVITE", { waitMs: 1000, held: n });
      const later = n - 700;
      const which = i === 0 ? found : later < 0 || i === 2 ? -1 : store.find(
        branchKey(`z9hG4bK${later}`),
        "INVITE",
      );
      if (which < 0) continue;
      const of = store.held(which)!;
      store.replace(which, {
        waitMs: 1000,
        tag: `t${of}`,
        bytes: toBytes(`bytes of ${of}`),
        text: textOf(of),
        held: of,
      });
    }
    if (ms % 100 !== 0) continue;
    for (let n = Math.max(0, added - 2900); n < added; n++) {
      const found = store.find(branchKey(`z9hG4bK${n}`), "INVITE");
      assertEquals(store.held(found), n);
      const tag = store.tag(found);
      if (tag === "") continue;
      assertEquals(tag, `t${n}`);
      assertEquals(store.bytes(found), toBytes(`bytes of ${n}`));
      if (store.text(found) !== textOf(n)) {
        throw new Error(`the text of ${n} is another's`);
      }
    }
  }
  wheel.advance(4000);
  assertEquals(gone, added);
  assertEquals([store.size, wheel.pending], [0, 0]);
});

Deno.test("ended store: whoever is told may add, clear or throw", () => {
  const wheel = new TimerWheel();
  let onGone = (): void => {};
  const store = new EndedStore<string>(wheel, () => onGone());
  const add = (branch: string): number =>
    store.add(branchKey(branch), "INVITE", { waitMs: 100, held: branch });
  add("a");
  wheel.advance(30);
  add("b");
  onGone = () => {
    onGone = () => {};
    add("c");
  };
  wheel.advance(130);
  assertEquals(store.find(branchKey("b"), "INVITE"), -1);
  assertEquals(store.find(branchKey("c"), "INVITE") >= 0, true);
  wheel.advance(200);
  assertEquals([store.size, wheel.pending], [0, 0]);

  add("d");
  wheel.advance(210);
  add("e");
  onGone = () => {
    throw new Error("a user's fault");
  };
  try {
    wheel.advance(300);
  } catch {
    // As it came.
  }
  onGone = () => store.clear();
  wheel.advance(400);
  assertEquals([store.size, wheel.pending], [0, 0]);
});

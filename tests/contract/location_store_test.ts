/** What every location store does, in memory and in a file. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SqliteLocationStore } from "../../app/sqlite_location_store.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import {
  type LocationStore,
  LocationStoreError,
  type StoredBinding,
} from "../../core/trunk/location_store.ts";
import { MemoryLocationStore } from "../../core/trunk/memory_location_store.ts";

const NOW_MS = 1_700_000_000_000;

interface Kind {
  readonly name: string;
  open(clock: TimerWheel): LocationStore;
}

const KINDS: readonly Kind[] = [
  { name: "memory", open: () => new MemoryLocationStore() },
  {
    name: "SQLite",
    open: (clock) => new SqliteLocationStore(":memory:", { clock }),
  },
];

/** All that a binding can have, with bytes that are no ASCII. */
function binding(contact: string, expiresMs = 60_000): StoredBinding {
  return {
    contact,
    params: ';+sip.instance="<urn:uuid:1>";x="\xc3\xa9\\""',
    q: 500,
    expiresAtMs: NOW_MS + expiresMs,
    updatedAtMs: NOW_MS,
    callId: "a'b\0c",
    cseq: 7,
    instance: "<urn:uuid:1>",
    regId: 1,
    path: ["<sip:p.example;lr>"],
    source: {
      transport: "TCP",
      host: "2001:db8::1",
      port: 5060,
      listener: "tcp:[::]:5060",
    },
    direct: true,
    userAgent: "phone",
  };
}

storeTest("what is committed is loaded, all of it", async (store, commit) => {
  const bindings = [binding("sip:a@b"), binding("sip:c@d")];
  await commit("sip:bob@x", bindings);
  await commit("sip:carol@x", [binding("sip:e@f")]);
  const found = await store.load(NOW_MS);
  assertEquals(found.map(({ aor }) => aor).toSorted(), [
    "sip:bob@x",
    "sip:carol@x",
  ]);
  assertEquals(
    found.find(({ aor }) => aor === "sip:bob@x")?.bindings,
    bindings,
  );
});

storeTest("a commit replaces, an empty one removes", async (store, commit) => {
  await commit("sip:bob@x", [binding("sip:a@b"), binding("sip:c@d")]);
  await commit("sip:bob@x", [binding("sip:z@b")]);
  const contacts = async () =>
    (await store.load(NOW_MS)).flatMap(({ bindings }) =>
      bindings.map(({ contact }) => contact)
    );
  assertEquals(await contacts(), ["sip:z@b"]);
  await commit("sip:bob@x", []);
  await commit("sip:nobody@x", []);
  assertEquals(await contacts(), []);
});

storeTest("what has run out is not loaded", async (store, commit) => {
  await commit("sip:bob@x", [binding("sip:a@b", 10), binding("sip:c@d", 20)]);
  await commit("sip:carol@x", [binding("sip:e@f", 10)]);
  const found = await store.load(NOW_MS + 10);
  assertEquals(
    found.map(({ aor, bindings }) => [aor, bindings.map((one) => one.contact)]),
    [["sip:bob@x", ["sip:c@d"]]],
  );
});

storeTest(
  "commits made at once take effect in their order",
  async (store, commit) => {
    await Promise.all([
      commit("sip:bob@x", [binding("sip:1@b")]),
      commit("sip:bob@x", []),
      commit("sip:bob@x", [binding("sip:2@b")]),
    ]);
    const [found] = await store.load(NOW_MS);
    assertEquals(found?.bindings.map(({ contact }) => contact), ["sip:2@b"]);
  },
);

Deno.test("registrations in a file outlive the process, pending ones too", async () => {
  const file = await Deno.makeTempFile({ suffix: ".sqlite" });
  const clock = new TimerWheel(0, { wallTimeMs: NOW_MS });
  const first = new SqliteLocationStore(file, { clock });
  const done = first.commit({
    aor: "sip:bob@x",
    bindings: [binding("sip:a@b")],
  });
  first.close();
  await done;
  assertEquals(clock.pending, 0);
  const second = new SqliteLocationStore(file, { clock });
  assertEquals(second.load(NOW_MS)[0]?.bindings, [binding("sip:a@b")]);
  second.close();
  await Deno.remove(file);
});

Deno.test("changes of the same moment share a transaction", async () => {
  const file = await Deno.makeTempFile({ suffix: ".sqlite" });
  const clock = new TimerWheel(0, { wallTimeMs: NOW_MS });
  const store = new SqliteLocationStore(file, { clock });
  let done = 0;
  const commits = Array.from({ length: 50 }, (_, i) => {
    const location = { aor: `sip:${i}@x`, bindings: [binding("sip:a@b")] };
    return store.commit(location).then(() => done++);
  });
  await Promise.resolve();
  const other = new SqliteLocationStore(file, { clock });
  assertEquals([done, other.load(NOW_MS).length], [0, 0]);
  clock.advance(5);
  await Promise.all(commits);
  assertEquals(other.load(NOW_MS).length, 50);
  other.close();
  store.close();
  await Deno.remove(file);
});

Deno.test("a commit that fails says so to everyone in it, and the next one works", async () => {
  const file = await Deno.makeTempFile({ suffix: ".sqlite" });
  const clock = new TimerWheel(0, { wallTimeMs: NOW_MS });
  const store = new SqliteLocationStore(file, { clock });
  const { DatabaseSync } = await import("node:sqlite");
  const other = new DatabaseSync(file);
  other.exec("BEGIN IMMEDIATE");
  const failing = ["a", "b"].map((name) =>
    store.commit({ aor: name, bindings: [binding("sip:a@b")] })
  );
  const told = failing.map((commit) =>
    assertRejects(() => commit, LocationStoreError, "locked")
  );
  clock.advance(5);
  await Promise.all(told);
  other.exec("ROLLBACK");
  other.close();
  const right = store.commit({ aor: "c", bindings: [binding("sip:a@b")] });
  clock.advance(10);
  await right;
  assertEquals(store.load(NOW_MS).map(({ aor }) => aor), ["c"]);
  store.close();
  await Deno.remove(file);
});

Deno.test("a disk that is full is said to be", async () => {
  const file = await Deno.makeTempFile({ suffix: ".sqlite" });
  const clock = new TimerWheel(0, { wallTimeMs: NOW_MS });
  const store = new SqliteLocationStore(file, { clock });
  const { DatabaseSync } = await import("node:sqlite");
  const other = new DatabaseSync(file);
  // As on a full disk, the transaction is gone when the error comes.
  other.exec(
    "CREATE TRIGGER full BEFORE INSERT ON locations BEGIN SELECT RAISE(ROLLBACK, 'disk is full'); END",
  );
  other.close();
  const told = assertRejects(
    () => store.commit({ aor: "a", bindings: [binding("sip:a@b")] }),
    LocationStoreError,
    "disk is full",
  );
  clock.advance(5);
  await told;
  store.close();
  await Deno.remove(file);
});

Deno.test("a file that cannot be opened, or is none of ours, says so", async () => {
  const clock = new TimerWheel(0);
  assertThrows(
    () => new SqliteLocationStore("gone/away/r.sqlite", { clock }),
    LocationStoreError,
    "Cannot open registrations gone/away/r.sqlite",
  );
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(
    file,
    "this is no database, but long enough".repeat(99),
  );
  assertThrows(
    () => new SqliteLocationStore(file, { clock }),
    LocationStoreError,
    "not a database",
  );
  await Deno.remove(file);
});

type Commit = (
  aor: string,
  bindings: readonly StoredBinding[],
) => Promise<void>;

function storeTest(
  what: string,
  check: (store: LocationStore, commit: Commit) => Promise<void>,
): void {
  for (const { name, open } of KINDS) {
    Deno.test(`location store in ${name}: ${what}`, async () => {
      const clock = new TimerWheel(0, { wallTimeMs: NOW_MS });
      const store = open(clock);
      await check(store, async (aor, bindings) => {
        const done = store.commit({ aor, bindings });
        clock.advance(clock.now() + 10);
        await done;
      });
      store.close();
      assertEquals(clock.pending, 0);
    });
  }
}

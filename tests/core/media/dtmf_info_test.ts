import { assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  type InfoKey,
  KEY_INFO_TYPES,
  readKeyInfo,
  writeKeyInfo,
} from "../../../core/media/dtmf_info.ts";
import { type Key, keyOfEvent } from "../../../core/media/key.ts";

const KEYS = Array.from({ length: 17 }, (_, event) => keyOfEvent(event)!);

function relay(body: string): InfoKey {
  return readKeyInfo({ contentType: "application/dtmf-relay", body });
}

function plain(body: string): InfoKey {
  return readKeyInfo({ contentType: "application/dtmf", body });
}

function key(key: Key, durationMs = 250): InfoKey {
  return { kind: "key", key, durationMs };
}

Deno.test("every key is read as it was written, in both bodies", () => {
  for (const pressed of KEYS) {
    const press = { key: pressed, durationMs: 160 };
    assertEquals(
      readKeyInfo(writeKeyInfo(press, "info")),
      key(pressed, 160),
    );
    assertEquals(readKeyInfo(writeKeyInfo(press, "info-dtmf")), key(pressed));
  }
  assertEquals(writeKeyInfo({ key: "5", durationMs: 160 }, "info"), {
    contentType: "application/dtmf-relay",
    body: "Signal=5\r\nDuration=160\r\n",
  });
});

Deno.test("case, spacing, order and ends of lines", () => {
  for (
    const body of [
      "Signal=5\r\nDuration=160\r\n",
      "Signal= 5\r\nDuration= 160\r\n",
      "signal =5\nduration = 160",
      "SIGNAL=5\rDURATION=160",
      "\r\nDuration=160\r\nSignal=5",
      "  Signal: 5  \r\n Duration: 160 ms\r\n",
      'Signal="5"\r\nDuration=160',
      "Signal=05\r\nDuration=160\r\nX=y\r\n\r\n",
    ]
  ) assertEquals(relay(body), key("5", 160), body);
});

Deno.test("stars, pounds, letters, codes and flashes", () => {
  const signals: Record<string, readonly string[]> = {
    "*": ["*", "10", "star", "STAR", "asterisk"],
    "#": ["#", "11", "pound", "hash", "Sharp"],
    A: ["A", "a", "12"],
    D: ["D", "d", "15"],
    flash: ["16", "!", "flash", "hf", "hookflash", "Hook-Flash"],
    1: ["1", "01"],
  };
  for (const [wanted, written] of Object.entries(signals)) {
    for (const signal of written) {
      const pressed = KEYS.find((name) => name === wanted)!;
      assertEquals(relay(`Signal=${signal}\r\nDuration=90`), key(pressed, 90));
      assertEquals(plain(signal), key(pressed), signal);
    }
  }
});

Deno.test("a duration that is missing, empty or absurd", () => {
  assertEquals(relay("Signal=5\r\n"), key("5"));
  assertEquals(relay("Signal=5\r\nDuration=\r\n"), key("5"));
  assertEquals(relay("Signal=5\r\nDuration=0\r\n"), key("5"));
  assertEquals(relay("Signal=5\r\nDuration=-3\r\n"), key("5"));
  assertEquals(relay("Signal=5\r\nDuration=soon\r\n"), key("5"));
  assertEquals(relay("Signal=5\r\nDuration=99999999999"), key("5", 60_000));
});

Deno.test("each body under the other's content type", () => {
  assertEquals(plain("Signal=7\r\nDuration=120\r\n"), key("7", 120));
  assertEquals(relay("7\r\n"), key("7"));
});

Deno.test("content types in any case, with parameters", () => {
  const read = (contentType: string, body = "5"): InfoKey =>
    readKeyInfo({ contentType, body });
  assertEquals(read("Application/DTMF-Relay ;charset=utf-8"), key("5"));
  assertEquals(read("application/hook-flash", ""), key("flash"));
  assertEquals(read("application/sscc", "event=flashhook"), key("flash"));
  assertEquals(read("application/sscc", "event=hold"), { kind: "other" });
  assertEquals(read("application/sdp"), { kind: "other" });
  assertEquals(readKeyInfo({ contentType: undefined, body: "5" }), {
    kind: "other",
  });
});

Deno.test("RFC 6086: a package of keys with a body that is none", () => {
  assertEquals(
    readKeyInfo({
      contentType: "text/plain",
      infoPackage: "DTMF;x=y",
      body: "5",
    }),
    { kind: "unreadable", reason: 'content type "text/plain"' },
  );
  assertEquals(
    readKeyInfo({ contentType: undefined, infoPackage: "dtmf", body: "" }),
    { kind: "unreadable", reason: "content type missing" },
  );
  assertEquals(
    readKeyInfo({
      contentType: "application/dtmf",
      infoPackage: "dtmf",
      body: "5",
    }),
    key("5"),
  );
});

Deno.test("what cannot be read, with the reason", () => {
  const reasons: readonly [string, string][] = [
    ["", "no signal"],
    ["Duration=160\r\n", "no signal"],
    ["Signal=\r\nDuration=160", "no signal"],
    ["Signal=17", 'signal "17" is no key'],
    ["Signal=E", 'signal "E" is no key'],
    ["Signal=123", 'signal "123" is no key'],
    ["Signal=toString", 'signal "toString" is no key'],
    [`Signal=${"9".repeat(50)}`, `signal "${"9".repeat(20)}" is no key`],
    ["Signal=\x00\xff", 'signal "??" is no key'],
    ["5".repeat(1001), "the body is too long"],
  ];
  for (const [body, reason] of reasons) {
    assertEquals(relay(body), { kind: "unreadable", reason });
  }
});

Deno.test("whatever arrives: a key, or a reason", () => {
  const random = seededRandom(6086);
  const upTo = (limit: number): number => Math.floor(random.fraction() * limit);
  const PARTS = ["Signal", "Duration", "=", ":", " ", "\r\n", "\n", "5", "*"]
    .concat("16", "star", "\0", "\xff", '"', ";", "-1", "999999999999");
  for (let round = 0; round < 20_000; round++) {
    const body = Array.from(
      { length: upTo(12) },
      () =>
        random.fraction() < 0.9
          ? PARTS[upTo(PARTS.length)]!
          : String.fromCharCode(upTo(256)),
    ).join("");
    const contentType = KEY_INFO_TYPES[upTo(KEY_INFO_TYPES.length)];
    const read = readKeyInfo({ contentType, body });
    if (read.kind === "key") {
      assertEquals(KEYS.includes(read.key), true);
      assertEquals(read.durationMs > 0 && read.durationMs <= 60_000, true);
    } else {
      assertEquals(read.kind, "unreadable");
    }
  }
});

import { assertEquals } from "@std/assert";
import { StopSignals } from "../../app/signals.ts";

function setUp(os: "linux" | "windows"): {
  signals: StopSignals;
  listeners: Map<Deno.Signal, () => void>;
  hangUps: () => number;
} {
  const listeners = new Map<Deno.Signal, () => void>();
  let hangUps = 0;
  const signals = new StopSignals({
    onHangUp: () => hangUps++,
    os,
    source: {
      add: (signal, listener) => void listeners.set(signal, listener),
      remove: (signal) => void listeners.delete(signal),
    },
  });
  return { signals, listeners, hangUps: () => hangUps };
}

Deno.test("the first stop signal and the second, of either kind", async () => {
  const { signals, listeners, hangUps } = setUp("linux");
  listeners.get("SIGHUP")?.();
  listeners.get("SIGTERM")?.();
  assertEquals(await signals.first, "SIGTERM");
  listeners.get("SIGINT")?.();
  assertEquals(await signals.second, "SIGINT");
  listeners.get("SIGINT")?.();
  assertEquals(hangUps(), 1);
  signals.dispose();
  assertEquals(listeners.size, 0);
});

Deno.test("only signals that the system knows are listened for", () => {
  const { signals, listeners } = setUp("windows");
  assertEquals([...listeners.keys()], ["SIGINT", "SIGBREAK"]);
  signals.dispose();
});

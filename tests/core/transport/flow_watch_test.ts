import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { FlowWatch } from "../../../core/transport/flow_watch.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import { FlowBed } from "../trunk/flow_bed.ts";

/** A server that was registered at, over whatever flow a ping came on. */
class Watching {
  readonly gone: string[] = [];
  readonly watch: FlowWatch;
  readonly flows: Flow[] = [];
  /** Something is registered. */
  needed = true;
  readonly #bed: FlowBed;

  constructor(
    bed: FlowBed,
    settings: { timer?: number; grace?: number; limit?: number } = {},
  ) {
    this.#bed = bed;
    this.watch = new FlowWatch({
      clock: bed.clock,
      transport: bed.server.flows,
      limits: {
        ...DEFAULT_LIMITS,
        watchedFlows: settings.limit ?? DEFAULT_LIMITS.watchedFlows,
      },
      observer: bed.observer,
      user: {
        needsFlow: () => this.needed,
        onFlowGone: (gone, reason): void =>
          void this.gone.push(`${gone.transport} ${reason}`),
      },
      flowTimerSeconds: settings.timer ?? 120,
      graceSeconds: settings.grace ?? 10,
    });
    const { onKeepAlive } = bed.server.handler;
    bed.server.handler = {
      ...bed.server.handler,
      onKeepAlive: (kind, bytes, flow): boolean => {
        this.flows.push(flow);
        return onKeepAlive!(kind, bytes, flow);
      },
    };
  }

  /** Pings once, and watches the flow that the ping came on. */
  begin(transport: "UDP" | "TCP"): Flow {
    const flow = this.#bed.flow(transport);
    this.#bed.client.flows.ping(flow);
    this.#bed.advance(0.1);
    this.renew();
    return flow;
  }

  /** As a refreshed registration does. */
  renew(): void {
    this.watch.keep(this.flows.at(-1)!);
  }
}

const SILENT = "no keep-alive came within the Flow-Timer";

Deno.test("a client that pings keeps its flow, for hours", async () => {
  for (const transport of ["UDP", "TCP"] as const) {
    await using bed = await FlowBed.open();
    const server = new Watching(bed);
    const flow = server.begin(transport);
    const kept = bed.keep(flow);
    kept.start({
      flowTimerSeconds: 120,
      outbound: true,
    });
    bed.advance(12 * 3_600);
    assertEquals(server.gone, []);
    assert(flow.open);
    kept.stop();
    assertEquals(server.watch.size, 1);
    server.watch.close();
    assertEquals(server.watch.size, 0);
  }
});

Deno.test("no ping within Flow-Timer and grace ends the flow", async () => {
  await using bed = await FlowBed.open();
  const server = new Watching(bed);
  const flow = server.begin("TCP");
  bed.advance(129);
  assertEquals(server.gone, []);
  bed.client.flows.ping(flow);
  bed.advance(129.9);
  assertEquals(server.gone, []);
  assert(flow.open);
  bed.advance(0.2);
  assertEquals(server.gone, [`TCP ${SILENT}`]);
  assertEquals(flow.open, false);
  assertEquals(bed.observer.counters.get("flow_watch_silent"), 1);
});

Deno.test("a datagram flow is gone as well, for those who depend on it", async () => {
  await using bed = await FlowBed.open();
  const server = new Watching(bed, { timer: 30, grace: 5 });
  server.begin("UDP");
  bed.advance(34.8);
  assertEquals(server.gone, []);
  bed.advance(0.2);
  assertEquals(server.gone, [`UDP ${SILENT}`]);
  assertEquals(server.watch.size, 0);
});

Deno.test("a refreshed registration begins the time anew", async () => {
  await using bed = await FlowBed.open();
  const server = new Watching(bed, { timer: 30, grace: 5 });
  server.begin("TCP");
  for (let i = 0; i < 20; i++) {
    bed.advance(34);
    server.renew();
  }
  assertEquals(server.gone, []);
  bed.advance(35);
  assertEquals(server.gone, [`TCP ${SILENT}`]);
});

Deno.test("a connection that closes is gone at once", async () => {
  await using bed = await FlowBed.open();
  const server = new Watching(bed);
  const flow = server.begin("TCP");
  flow.finish!("test");
  bed.advance(0.1);
  assertEquals(server.gone, ["TCP closed by the peer"]);
  bed.advance(3_600);
  assertEquals(server.gone.length, 1);
});

Deno.test("without Flow-Timer, or without grace, no ping is waited for", async () => {
  for (const settings of [{ timer: 0 }, { grace: 0 }]) {
    await using bed = await FlowBed.open();
    const server = new Watching(bed, settings);
    const flow = server.begin("TCP");
    assertEquals(server.watch.size, 0);
    bed.advance(24 * 3_600);
    assertEquals(server.gone, []);
    assert(flow.open);
  }
});

Deno.test("as many flows as the limit are watched; the next serves unwatched", async () => {
  await using bed = await FlowBed.open();
  const server = new Watching(bed, { limit: 1 });
  server.begin("UDP");
  server.begin("TCP");
  assertEquals(server.watch.size, 1);
  assertEquals(bed.observer.counters.get("flow_watch_full"), 1);
  server.watch.close();
});

Deno.test("a flow that nothing is registered over any more is left as it is", async () => {
  await using bed = await FlowBed.open();
  const server = new Watching(bed);
  const flow = server.begin("TCP");
  server.needed = false;
  bed.advance(3_600);
  assertEquals(server.gone, []);
  assertEquals(server.watch.size, 0);
  assert(flow.open);
});

/** Real keep-alives of every kind through a whole B2BUA, its policy plain or in the sandbox. */

import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import { fixedPolicy, type Policy } from "../../core/call/policy.ts";
import { toBytes } from "../../core/message/bytes.ts";
import type { SipResponse } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";
import { compositePolicy } from "../../scripts/composite.ts";
import { ScriptHost } from "../../scripts/revisions.ts";
import { testWorld } from "../scripts/world.ts";
import * as plain from "./keep_alive_module.ts";

const MODULE = new URL("./keep_alive_module.ts", import.meta.url);
const LEGWORK = { host: "192.0.2.1", port: 5060 };
const PBX = { host: "192.0.2.9", port: 5060 };
const STUN_BINDING = "\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes";

async function sandboxed(): Promise<Policy> {
  const text = await Deno.readTextFile(MODULE);
  const files = { read: () => text };
  const host = await ScriptHost.load(await testWorld(), files, "policy.ts");
  return host.acquire();
}

const POLICIES: Readonly<Record<string, () => Policy | Promise<Policy>>> = {
  "a plain module": () => plain,
  "a sandboxed script": sandboxed,
  "several": async () => compositePolicy([{}, await sandboxed(), plain]),
};

/** A PBX that speaks SIP as text. */
class Bed {
  readonly clock = new TimerWheel();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly observer = new CountingObserver();
  readonly pbx = new MemoryTransport(this.network, { name: "UDP", ...PBX });
  readonly b2bua: B2bua;
  readonly got: SipResponse[] = [];
  /** Datagrams that are no SIP. */
  others = 0;
  #cseq = 0;
  #tag = "";

  constructor(policy: Policy) {
    const none = (): Promise<[]> => Promise.resolve([]);
    this.b2bua = new B2bua({
      clock: this.clock,
      random: seededRandom(1),
      transports: [
        new MemoryTransport(this.network, { name: "UDP", ...LEGWORK }),
      ],
      dns: { naptr: none, srv: none, a: none, aaaa: none },
      observer: this.observer,
      trunks: [{ name: "pbx", servers: [parseSipUri("sip:192.0.2.9")!] }],
      policy: fixedPolicy(policy),
    });
  }

  async open(): Promise<this> {
    await this.b2bua.open();
    this.pbx.open({
      onBytes: (bytes) => {
        const parsed = parseMessage(bytes);
        if (!parsed.ok) this.others++;
        else if (parsed.message.kind === "response") {
          this.got.push(parsed.message);
        }
      },
      onFramingError(): void {},
      onClosed(): void {},
      onFault(): void {},
    });
    return this;
  }

  send(text: string): void {
    this.pbx.send(this.pbx.flowTo(LEGWORK), toBytes(text));
    this.clock.advance(this.clock.now() + 1000);
  }

  /** Sends a request, in the dialog once there is one; gives its last response. */
  request(method: string, extra: string[] = []): SipResponse | undefined {
    const number = method === "ACK" ? this.#cseq : ++this.#cseq;
    const inDialog = this.#tag !== "";
    this.send([
      `${method} sip:bob@192.0.2.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK${method}${number}`,
      "Max-Forwards: 70",
      "From: <sip:alice@192.0.2.9>;tag=a",
      `To: <sip:bob@192.0.2.1>${inDialog ? `;tag=${this.#tag}` : ""}`,
      `Call-ID: ${inDialog || method === "INVITE" ? "call" : number}`,
      `CSeq: ${number} ${method}`,
      "Contact: <sip:alice@192.0.2.9:5060>",
      ...extra,
      "Content-Length: 0",
      "\r\n",
    ].join("\r\n"));
    const response = this.got.at(-1);
    if (method === "INVITE") this.#tag = response?.to?.tag ?? "";
    return response;
  }
}

/** What a script's answer says it was told. */
function told(response: SipResponse | undefined): string {
  const names = ["X-Ping", "X-Each", "X-Size", "X-Event"];
  const said = names.map((name) => response?.headers.get(name));
  return `${response?.status} ${said.join(" | ")}`;
}

for (const [name, make] of Object.entries(POLICIES)) {
  Deno.test(`keep-alives through ${name}`, async () => {
    const bed = await new Bed(await make()).open();
    const from = "udp:192.0.2.9:5060";
    const event = ["Event: keep-alive"];
    assertEquals(
      [told(bed.request("OPTIONS")), told(bed.request("OPTIONS"))],
      [
        `202 options outside a pbx ${from} 1 | undefined | plausible | -`,
        `202 options outside a pbx ${from} 2 | 1 | plausible | -`,
      ],
    );
    assertEquals(
      told(bed.request("NOTIFY", event)),
      `202 notify outside a pbx ${from} 1 | undefined | plausible | keep-alive`,
    );
    // Ignored; without the hook it is answered.
    bed.send(STUN_BINDING);
    assertEquals(bed.others, 0);
    // A relay that cannot be is a fault of the hook's.
    bed.send("\0\0\0\0");
    assertEquals(bed.observer.counters.get("policy_faults"), 1);

    assertEquals(bed.request("INVITE")?.status, 200);
    bed.request("ACK");
    assertEquals(
      told(bed.request("INFO")),
      `202 info of alice a pbx ${from} 1 | undefined | plausible | -`,
    );
    assertEquals(
      told(bed.request("OPTIONS")),
      `202 options of alice a pbx ${from} 3 | 7 | plausible | -`,
    );
    assertEquals(
      told(bed.request("NOTIFY", event)),
      `202 notify of alice a pbx ${from} 2 | 7 | plausible | keep-alive`,
    );
    const refused = bed.request("MESSAGE");
    assertEquals([refused?.status, refused?.reason], [403, "Not By Text"]);
    assertEquals(bed.request("UPDATE")?.status, 200);
    assertEquals(bed.request("BYE")?.status, 200);
    assertEquals(bed.request("INFO")?.status, 481);
    assertEquals(bed.observer.counters.get("policy_faults"), 1);
    assertEquals(
      bed.b2bua.keepAlives.map(({ kind, count }) => `${kind} ${count}`),
      [
        "options 3",
        "notify 2",
        "stun 1",
        "nul 1",
        "info 1",
        "message 1",
        "update 1",
      ],
    );
    bed.clock.advance(bed.clock.now() + 60_000);
    assertEquals(bed.b2bua.census, {
      calls: 0,
      dialogs: 0,
      transactions: 0,
      ports: 0,
    });
    await bed.b2bua.close();
    await bed.pbx.close();
    bed.clock.advance(bed.clock.now() + 100);
    assertEquals([bed.network.inFlight, bed.clock.pending], [0, 0]);
  });
}

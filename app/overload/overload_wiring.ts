/** Overload control as the configuration has it. */

import type { Clock } from "../../core/base/clock.ts";
import type { Observer } from "../../core/base/observer.ts";
import { Overload } from "../../core/call/overload.ts";
import type { Config } from "../config/schema.ts";
import type { UdpMaker } from "../udp.ts";
import { DelayProbe, PROCESS_PROBE_TIME } from "./delay_probe.ts";

/** What refuses calls, and the maker of UDP transports that it measures by. */
export interface OverloadParts {
  readonly gate: Overload | undefined;
  readonly udp: UdpMaker;
}

/** With mode `off` no transport is wrapped and nobody is asked. */
export function overloadOf(
  { overload }: Pick<Config, "overload">,
  { clock, observer, udp }: {
    clock: Clock;
    observer: Observer;
    udp: UdpMaker;
  },
): OverloadParts {
  if (overload.mode === "off") return { gate: undefined, udp };
  const token = crypto.getRandomValues(new Uint8Array(8));
  const gauge = new DelayProbe(PROCESS_PROBE_TIME, token);
  const settings = {
    maxDelayMs: overload.max_delay_ms,
    retryAfterSeconds: overload.retry_after,
  };
  return {
    gate: new Overload(settings, { clock, gauge, observer }),
    udp: (local, limits) => gauge.wrap(udp(local, limits)),
  };
}

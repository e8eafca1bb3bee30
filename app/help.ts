/**
 * The help pages. They fit 80 columns.
 *
 * @module
 */

import type { CommandName } from "./args.ts";

/** The page of one command, or the overview; ends in a newline. */
export function helpText(topic?: CommandName): string {
  return topic === undefined ? OVERVIEW : PAGES[topic];
}

const OVERVIEW =
  `Legwork stands between two SIP peers, owns the call on each side, and asks your
script where it goes.

  legwork route.ts              run a routing script, defaults for the rest
  legwork run legwork.yaml      run a configuration
  legwork check legwork.yaml    look for mistakes, start nothing
  legwork test route.flow       run ladders against the scripts, no network
  legwork demo                  one call between a simulated carrier and PBX
  legwork version               print the version
  legwork help COMMAND          options and examples of one command

"legwork" stands for "deno run -P mod.ts" here.
Exit codes: 0 all well, 1 something failed or is wrong in a file, 2 wrong usage.
`;

const LOG =
  `  --log-level LEVEL     debug, info, warn or error           (default: info)
  --log-format FORMAT   text or json                         (default: text)
`;

const PAGES: Record<CommandName, string> = {
  run: `Carries calls until it is told to stop.

  legwork run legwork.yaml [options]
  legwork run SCRIPT... [options]

Options
  --ladder              print each call as a ladder, live
  --drain SECONDS       how long running calls may go on after a stop signal
                                                             (default: 30)
${LOG}
With scripts instead of a YAML file
  --listen ADDRESS      TRANSPORT:ADDRESS:PORT, may be repeated
                        (default: udp:127.0.0.1:5060 and tcp:127.0.0.1:5060)
  --trunk NAME=URI      a peer that scripts can route to, may be repeated
  --open                accept calls from anyone; without it an address that
                        others can reach accepts calls from the trunks only

The first SIGINT or SIGTERM refuses new calls with 503 and lets the running ones
end; the second ends at once. A script that is saved is live on the next call.

Examples
  legwork route.ts --trunk pbx=sip:127.0.0.1:5080 --ladder
  legwork run route.ts --listen udp:192.0.2.10:5060 --trunk pbx=sip:192.0.2.20
  legwork run legwork.yaml --drain 120 --log-format json
`,
  check:
    `Reads configurations and scripts and reports every mistake with its file, line
and column. Nothing is started; the exit code is 1 if there is a mistake.

  legwork check FILE...

Examples
  legwork check legwork.yaml
  legwork check route.ts failover.ts
`,
  test:
    `Runs ladders (.flow files) against the scripts they name, on a virtual clock and
an in-memory network: to the letter, then again with each message lost, doubled
and late.

  legwork test FILE... [options]

Options
  --ladder              print the ladder of every call
  --seed NUMBER         start of the random sequence         (default: per file)
  --strict              to the letter only

Examples
  legwork test route.flow
  legwork test tests/flows --strict --seed 7
`,
  demo:
    `Shows one call through Legwork from a simulated carrier to a simulated PBX, as a
ladder: ringing, answer, hold, a key by INFO, BYE.

  legwork demo [options]

Options
  --stay                leave everything running and say how to try it with
                        SIPp or a phone
${LOG}
Examples
  legwork demo
  legwork demo --stay
`,
};

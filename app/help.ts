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
  legwork replay call.pcap      what scripts would change in captured messages
  legwork init FOLDER           begin a folder with a script and its ladder
  legwork reload                load the scripts of a running Legwork again
  legwork calls                 its calls
  legwork keepalives            which peer pings it, and how
  legwork trunks                its trunks: which servers are up, since when
  legwork registrations         who is registered with it, and where
  legwork explain CALL          what happened to one of them, and why
  legwork dtmf CALL LEG KEYS    sends keys to a leg of it
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

const CONTROL =
  `  --control PATH|PORT   the control socket, or the port of the first listener,
                        where several run
`;

const PAGES: Record<CommandName, string> = {
  run: `Carries calls until it is told to stop.

  legwork run legwork.yaml [options]
  legwork run SCRIPT... [options]

Options
  --ladder              print each call as a ladder, live
  --drain SECONDS       how long running calls may go on after a stop signal
                                                             (default: 30)
  --workers NUMBER      2 to 64 processes on the same addresses; needs
                        -P=workers, see docs/workers.md
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
  replay:
    `Takes the SIP messages of a capture (pcap or pcapng; UDP and TCP) through the
message hooks, each as received and then as sent on, and prints what would
change. Nothing is sent.

  legwork replay FILE --script SCRIPT... [--check]
  legwork replay FILE --config legwork.yaml [--check]

Options
  --script SCRIPT       a script to ask, may be repeated
  --config FILE         a configuration: its scripts, and its trunks by address
  --check               exit with 1 when anything would change

Exit codes: 0 read to its end, 1 a change with --check, 2 something is wrong.

Examples
  legwork replay call.pcap --script route.ts
  legwork replay call.pcapng --config legwork.yaml --check
`,
  init:
    `Writes a folder to begin with: a script, its ladder, the types of the script
API for editors. Files that exist stay as they are.

  legwork init [FOLDER]

Example
  legwork init pbx
`,
  reload:
    `Loads the scripts of a running Legwork again; new calls get them, running calls
keep theirs. Where there are mistakes, they are told and nothing changes.

  legwork reload [legwork.yaml] [options]

Options
  --to NUMBER           go back to the text of an earlier revision
${CONTROL}
Examples
  legwork reload
  legwork reload --to 3
`,
  calls: `Lists the calls of a running Legwork.

  legwork calls [legwork.yaml] [options]

Options
${CONTROL}
Example
  legwork calls --control 5060
`,
  keepalives:
    `Lists who keeps a way to a running Legwork alive: each address with its trunk, and
of each kind the count, the pace and the last time.

  legwork keepalives [legwork.yaml] [options]

Options
${CONTROL}
Example
  legwork keepalives --control 5060
`,
  trunks:
    `Lists the trunks of a running Legwork: their servers, where those resolve to,
whether each address is up, what it answered last, and the calls.

  legwork trunks [legwork.yaml] [options]

Options
${CONTROL}
Example
  legwork trunks --control 5060
`,
  registrations:
    `Lists what is registered with a running Legwork: address-of-record, Contact, where
the REGISTER came from, in how many seconds it runs out, q, then what else is known:
instance and reg-id (RFC 5626), Path (RFC 3327), the device.

  legwork registrations [legwork.yaml] [options]

Options
  --remove AOR          remove what is registered for bob, or sip:bob@example.com
  --contact URI         with --remove: this Contact alone
${CONTROL}
Examples
  legwork registrations --control 5060
  legwork registrations --remove bob --contact sip:bob@192.0.2.7:5060
`,
  explain:
    `Prints what happened to a call: its messages, what hooks changed in them and on
which line, decisions, faults. "trace" in legwork.yaml says how much is kept.

  legwork explain CALL [legwork.yaml] [options]

CALL is an identifier of "legwork calls", the start of one, or a SIP Call-ID.

Options
${CONTROL}
Example
  legwork explain 3kTq
`,
  dtmf:
    `Sends keys to a leg of a running call, as if the other had pressed them: by RTP
events, INFO, KPML or tones, as the leg's trunk says.

  legwork dtmf CALL LEG KEYS [legwork.yaml] [options]

CALL is an identifier of "legwork calls" or the start of one; LEG is a, who called,
or b; KEYS are 0 to 9, *, #, A to D, and ! for flash, at most 64.

Options
${CONTROL}
Example
  legwork dtmf 3kTq b "1234#"
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

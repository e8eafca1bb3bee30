import { assertEquals, assertExists } from "@std/assert";
import { problemLine } from "../../../app/problem.ts";
import { type Ladder, NO_MARKS } from "../../../app/ladder/ladder.ts";
import { parseLadder } from "../../../app/ladder/parse.ts";

function ladderOf(text: string): Ladder {
  const { ladder, problems } = parseLadder(text, "a.flow");
  assertEquals(problems.map(problemLine), []);
  assertExists(ladder);
  return ladder;
}

function problemsOf(text: string): string[] {
  return parseLadder(text, "a.flow").problems.map(problemLine);
}

Deno.test("a ladder has a title, settings, participants and steps", () => {
  const ladder = ladderOf(`
# The PBX does not allow UPDATE
# (RFC 4028 section 7.4)

script: route.ts
timers: t1_ms=100, no_answer=20
routes: carrier -> pbx, backup
peer pbx  tcp rfc2543
trunk backup  sip:{pbx}
end: established

# the call
carrier -> legwork  INVITE            Supported: timer
legwork -> carrier  100
pbx     -> legwork  200 INVITE        Allow: INVITE, ACK   lost
wait 900s
wait 2s..4s
carrier vanishes
pbx disconnects
`);
  assertEquals(
    ladder.title,
    "The PBX does not allow UPDATE (RFC 4028 section 7.4)",
  );
  assertEquals(ladder.participants, ["carrier", "pbx"]);
  assertEquals(ladder.settings.script, "route.ts");
  assertEquals(ladder.settings.timers, { t1_ms: 100, no_answer: 20 });
  assertEquals(ladder.settings.routes, [{
    from: "carrier",
    to: ["pbx", "backup"],
  }]);
  assertEquals(ladder.settings.peers.get("pbx"), {
    transport: "TCP",
    stranger: false,
    rfc2543: true,
    absent: false,
  });
  assertEquals(ladder.settings.trunks.get("backup"), ["sip:{pbx}"]);
  assertEquals(ladder.settings.end, "established");
  assertEquals(
    ladder.steps.map((step) => step.kind),
    ["message", "message", "message", "wait", "wait", "vanish", "disconnect"],
  );
  assertEquals(ladder.steps[2], {
    kind: "message",
    place: { line: 15, column: 1 },
    text: "pbx     -> legwork  200 INVITE        Allow: INVITE, ACK   lost",
    from: "pbx",
    to: "legwork",
    label: { kind: "response", status: 200, method: "INVITE" },
    fields: [{
      name: "Allow",
      value: "INVITE, ACK",
      test: "equals",
      place: { line: 15, column: 39 },
    }],
    marks: { ...NO_MARKS, lost: true },
    optional: false,
    anyOrder: false,
  });
  assertEquals(ladder.steps[4], {
    kind: "wait",
    place: { line: 17, column: 1 },
    minMs: 2000,
    maxMs: 4000,
  });
});

Deno.test("fields are checks, overrides and marks, two spaces apart", () => {
  const [step, second] = ladderOf(
    'a -> legwork  INFO  body: "Signal=5  # no comment"  X-A: ~one two  X-B: absent  late 2s  again # a comment\n' +
      "? & legwork -> a  200 INFO  Contact: <sip:x@y;a=b#c>",
  ).steps;
  assertEquals(
    step?.kind === "message" &&
      step.fields.map((f) => [f.name, f.value, f.test]),
    [
      ["body", '"Signal=5  # no comment"', "equals"],
      ["X-A", "one two", "contains"],
      ["X-B", "", "absent"],
    ],
  );
  assertEquals(step?.kind === "message" && step.marks, {
    ...NO_MARKS,
    lateMs: 2000,
    again: true,
  });
  assertEquals(
    second?.kind === "message" &&
      [second.optional, second.anyOrder, second.fields[0]?.value],
    [true, true, "<sip:x@y;a=b#c>"],
  );
});

Deno.test("mistakes are told with file, line and column, what was found and what was wanted", () => {
  assertEquals(problemsOf("carrier -> pbx  INVITE"), [
    'a.flow:1:1: "carrier -> pbx" leaves Legwork out, wanted legwork at one end',
  ]);
  assertEquals(problemsOf("a -> legwork  invite"), [
    'a.flow:1:15: "invite" is sent, wanted a method (INVITE), or a status and its method (200 INVITE), then two spaces',
  ]);
  assertEquals(
    problemsOf("a -> legwork  INVITE  gone\na -> legwork  ACK  sdp: ofer"),
    [
      'a.flow:1:23: "gone" is no field, wanted "Header: value" or one of lost, doubled, late, again, repeats, crossing, merged',
      'a.flow:2:20: sdp is "ofer", wanted one of offer, answer, same as before, hold, none',
    ],
  );
  assertEquals(problemsOf("a -> legwork  INVITE\nwait long"), [
    'a.flow:2:1: "wait long" is no time, wanted "wait 500ms", "wait 900s" or "wait 2s..4s"',
  ]);
  assertEquals(
    problemsOf("scirpt: a.ts\npeer bystander tcp\na -> legwork  INVITE"),
    [
      'a.flow:1:1: unknown setting "scirpt", did you mean script?',
      'a.flow:2:1: peer "bystander" takes no part, wanted one that does',
    ],
  );
  assertEquals(problemsOf("routes: a -> nobody\na -> legwork  INVITE"), [
    'a.flow:1:1: route names "nobody", wanted one of a',
  ]);
  assertEquals(problemsOf(""), [
    'a.flow:1:1: no step found, wanted "carrier -> legwork  INVITE"',
  ]);
  assertEquals(problemsOf("a -> legwork  INVITE\nhello"), [
    'a.flow:2:1: "hello" is no step, wanted "from -> to  METHOD", "wait 500ms", "NAME vanishes", "NAME disconnects" or "legwork drains"',
  ]);
});

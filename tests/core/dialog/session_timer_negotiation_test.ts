import { assertEquals } from "@std/assert";
import {
  formatSessionExpires,
  MAX_INTERVAL_SECONDS,
  parseMinSe,
  parseSessionExpires,
  timerFieldsOf,
  writeTimerFields,
} from "../../../core/dialog/session_expires.ts";
import type { SessionTimerSettings } from "../../../core/dialog/timer_negotiation.ts";
import { Headers } from "../../../core/message/headers.ts";
import {
  headersOf,
  linesOf,
  negotiation,
  request,
  response,
} from "./session_timer_bed.ts";

type Settings = Partial<SessionTimerSettings>;

function asked(settings: Settings, method = "INVITE"): string[] {
  const headers = new Headers();
  writeTimerFields(headers, negotiation(settings).requestFields(method));
  return linesOf(headers);
}

/** The 2xx to an INVITE with these lines, and who refreshes then. */
function answered(
  settings: Settings,
  ...lines: string[]
): { lines: string[]; refresher: string } {
  const side = negotiation(settings);
  const headers = new Headers();
  writeTimerFields(headers, side.accept(request("INVITE", ...lines)));
  const { agreement } = side;
  const refresher = agreement === undefined
    ? "nobody"
    : agreement.weRefresh
    ? "us"
    : "them";
  return { lines: linesOf(headers), refresher };
}

Deno.test("Session-Expires is read in all its shapes", () => {
  const rows: [string, unknown][] = [
    ["1800", { seconds: 1800, refresher: undefined }],
    ["1800;refresher=uac", { seconds: 1800, refresher: "uac" }],
    [" 1800 ; Refresher = UAS ;x=y", { seconds: 1800, refresher: "uas" }],
    ["1800;refresher=b2bua", { seconds: 1800, refresher: undefined }],
    ["0", { seconds: 0, refresher: undefined }],
    ["99999999999999999999", {
      seconds: MAX_INTERVAL_SECONDS,
      refresher: undefined,
    }],
    ["", undefined],
    ["-1", undefined],
    ["90s", undefined],
    ["uac", undefined],
  ];
  for (const [value, wanted] of rows) {
    assertEquals(parseSessionExpires(value), wanted, value);
  }
  assertEquals(parseMinSe("120;x=y"), 120);
  assertEquals(parseMinSe("soon"), undefined);
  assertEquals(
    formatSessionExpires({ seconds: 90, refresher: "uas" }),
    "90;refresher=uas",
  );
});

Deno.test("RFC 4028 §4: the compact form of Session-Expires is x", () => {
  const fields = timerFieldsOf(
    request("INVITE", "k: 100rel, Timer", "x: 120;refresher=uac"),
  );
  assertEquals(fields, {
    supported: true,
    required: false,
    expires: { seconds: 120, refresher: "uac" },
    minSeSeconds: undefined,
  });
});

Deno.test("the tag joins and leaves lists that are there", () => {
  const headers = headersOf(["Supported: 100rel", "Require: timer, replaces"]);
  writeTimerFields(headers, {
    supported: true,
    required: false,
    expires: { seconds: 90, refresher: undefined },
    minSeSeconds: undefined,
  });
  assertEquals(linesOf(headers), [
    "Supported: 100rel, timer",
    "Require: replaces",
    "Session-Expires: 90",
  ]);
});

Deno.test("what our INVITE asks, by mode", () => {
  assertEquals(asked({ mode: "off" }), []);
  // RFC 4028 §7.1: Supported: timer "even if the UAC is not requesting usage of the session timer for this session".
  assertEquals(asked({ mode: "accept" }), ["Supported: timer"]);
  for (const mode of ["request", "always"] as const) {
    // §7.1: "it is RECOMMENDED that the parameter be omitted".
    assertEquals(asked({ mode }), [
      "Supported: timer",
      "Session-Expires: 1800",
    ]);
    assertEquals(asked({ mode, refresher: "us" }), [
      "Supported: timer",
      "Session-Expires: 1800;refresher=uac",
    ]);
    assertEquals(asked({ mode, refresher: "them" }), [
      "Supported: timer",
      "Session-Expires: 1800;refresher=uas",
    ]);
    // §7.1: "the value of the Session-Expires MUST be greater than or equal to the value in Min-SE."
    assertEquals(asked({ mode, expiresSeconds: 300, minSeSeconds: 600 }), [
      "Supported: timer",
      "Session-Expires: 600",
      "Min-SE: 600",
    ]);
  }
  assertEquals(asked({ mode: "request" }, "BYE"), ["Supported: timer"]);
  assertEquals(asked({ mode: "request" }, "ACK"), []);
});

Deno.test("RFC 4028 §4: no interval under 90 seconds but for tests", () => {
  const short = { mode: "request", expiresSeconds: 20 } as const;
  assertEquals(asked(short), ["Supported: timer", "Session-Expires: 90"]);
  assertEquals(asked({ ...short, allowShortTimers: true }), [
    "Supported: timer",
    "Session-Expires: 20",
    "Min-SE: 20",
  ]);
});

// RFC 4028 §9, table 2, with what the request says, who we want to refresh, and the refresher of our 2xx.
const TABLE_2: {
  row: number;
  supported: boolean;
  asked: "none" | "uac" | "uas";
  wish: "auto" | "us" | "them";
  wanted: "uac" | "uas";
}[] = [
  { row: 1, supported: false, asked: "none", wish: "auto", wanted: "uas" },
  { row: 1, supported: false, asked: "none", wish: "us", wanted: "uas" },
  { row: 1, supported: false, asked: "none", wish: "them", wanted: "uas" },
  // Rows 2 and 3 are "NA", "as it is disallowed by the protocol"; peers do it all the same.
  { row: 2, supported: false, asked: "uac", wish: "auto", wanted: "uas" },
  { row: 2, supported: false, asked: "uac", wish: "them", wanted: "uas" },
  { row: 3, supported: false, asked: "uas", wish: "auto", wanted: "uas" },
  { row: 3, supported: false, asked: "uas", wish: "them", wanted: "uas" },
  // Row 4: "uas or uac".
  { row: 4, supported: true, asked: "none", wish: "auto", wanted: "uas" },
  { row: 4, supported: true, asked: "none", wish: "us", wanted: "uas" },
  { row: 4, supported: true, asked: "none", wish: "them", wanted: "uac" },
  // Rows 5 and 6: "the UAS cannot override the UAC's choice of refresher, if it made one."
  { row: 5, supported: true, asked: "uac", wish: "auto", wanted: "uac" },
  { row: 5, supported: true, asked: "uac", wish: "us", wanted: "uac" },
  { row: 5, supported: true, asked: "uac", wish: "them", wanted: "uac" },
  { row: 6, supported: true, asked: "uas", wish: "auto", wanted: "uas" },
  { row: 6, supported: true, asked: "uas", wish: "us", wanted: "uas" },
  { row: 6, supported: true, asked: "uas", wish: "them", wanted: "uas" },
];

for (const { row, supported, asked, wish, wanted } of TABLE_2) {
  const title = `RFC 4028 §9 table 2 row ${row}: ` +
    `${supported ? "Y" : "N"} ${asked}, wish ${wish}: ${wanted}`;
  Deno.test(title, () => {
    for (const mode of ["accept", "request", "always"] as const) {
      const param = asked === "none" ? "" : `;refresher=${asked}`;
      const lines = [`Session-Expires: 1800${param}`];
      if (supported) lines.push("Supported: timer");
      const result = answered({ mode, refresher: wish }, ...lines);
      assertEquals(result.refresher, wanted === "uas" ? "us" : "them");
      assertEquals(result.lines, [
        "Supported: timer",
        // "If the refresher parameter [...] has a value of 'uac', the UAS MUST place a Require header field into the
        // response with the value 'timer'"; with 'uas' it SHOULD, if the UAC supports timers.
        ...(supported ? ["Require: timer"] : []),
        `Session-Expires: 1800;refresher=${wanted}`,
      ]);
    }
  });
}

Deno.test("a caller that asks for no timer gets one only from who asks always", () => {
  const none = { lines: ["Supported: timer"], refresher: "nobody" };
  assertEquals(answered({ mode: "accept" }), none);
  assertEquals(answered({ mode: "accept" }, "Supported: timer"), none);
  assertEquals(answered({ mode: "request" }), none);
  // §9: "The UAS may request a session timer in the 2XX response by including a Session-Expires header field."
  assertEquals(answered({ mode: "request" }, "Supported: timer"), {
    lines: [
      "Supported: timer",
      "Require: timer",
      "Session-Expires: 1800;refresher=uas",
    ],
    refresher: "us",
  });
  // `always` enforces the timer alone, without a word that such a peer would not understand.
  assertEquals(answered({ mode: "always" }), {
    lines: ["Supported: timer"],
    refresher: "us",
  });
});

Deno.test("off knows no timers: nothing asked, nothing answered, 420 to Require", () => {
  const side = negotiation({ mode: "off" });
  const invite = request("INVITE", "Require: timer", "Session-Expires: 1800");
  // RFC 3261 §8.2.2.3: 420, with Unsupported.
  assertEquals(side.refusal(invite), { status: 420, unsupported: "timer" });
  assertEquals(
    side.refusal(request("INVITE", "Supported: timer", "Session-Expires: 1")),
    undefined,
  );
  assertEquals(
    answered({ mode: "off" }, "Supported: timer", "Session-Expires: 1800"),
    { lines: [], refresher: "nobody" },
  );
  const sent = side.requestFields("INVITE");
  assertEquals(
    side.accepted(response(200, "Session-Expires: 1800;refresher=uac"), sent),
    undefined,
  );
});

Deno.test("an interval that is too small gets 422 with our Min-SE", () => {
  const side = negotiation({ minSeSeconds: 300 });
  function refusal(...lines: string[]): unknown {
    return side.refusal(request("INVITE", ...lines));
  }
  // RFC 4028 §9: "When sending the 422 response, the UAS MUST include a Min-SE header field with the value of its
  // minimum interval."
  const tooSmall = { status: 422, minSeSeconds: 300 } as const;
  assertEquals(refusal("Supported: timer", "Session-Expires: 299"), tooSmall);
  assertEquals(refusal("Require: timer", "Session-Expires: 90"), tooSmall);
  assertEquals(refusal("Supported: timer", "x: 90"), tooSmall);
  assertEquals(
    side.refusal(request("UPDATE", "Supported: timer", "Session-Expires: 90")),
    tooSmall,
  );
  assertEquals(refusal("Supported: timer", "Session-Expires: 300"), undefined);
  // Zero and what is no number ask for no timer.
  assertEquals(refusal("Supported: timer", "Session-Expires: 0"), undefined);
  assertEquals(refusal("Supported: timer", "Session-Expires: x"), undefined);
  // Whoever does not know timers does not know 422; erratum 1687: the interval is raised.
  assertEquals(refusal("Session-Expires: 90"), undefined);
  assertEquals(answered({ minSeSeconds: 300 }, "Session-Expires: 90").lines, [
    "Supported: timer",
    "Session-Expires: 300;refresher=uas",
  ]);
  // §9: "This minimum interval MUST NOT be lower than 90 seconds."
  assertEquals(
    negotiation({ minSeSeconds: 30 }).refusal(
      request("INVITE", "Supported: timer", "Session-Expires: 60"),
    ),
    { status: 422, minSeSeconds: 90 },
  );
});

Deno.test("our 2xx may shorten an interval, never below the request's Min-SE", () => {
  function interval(settings: Settings, ...lines: string[]): string {
    const { lines: own } = answered(settings, "Supported: timer", ...lines);
    return own.at(-1) ?? "";
  }
  const request = { mode: "request", expiresSeconds: 600 } as const;
  const long = "Session-Expires: 3600";
  assertEquals(interval(request, long), "Session-Expires: 600;refresher=uas");
  // RFC 4028 §9: "The UAS MAY reduce its value but MUST NOT set it to a duration lower than the value in the Min-SE".
  assertEquals(
    interval(request, long, "Min-SE: 1800"),
    "Session-Expires: 1800;refresher=uas",
  );
  // §9: "The UAS MUST NOT increase the value of the Session-Expires header field."
  assertEquals(
    interval(request, "Session-Expires: 120"),
    "Session-Expires: 120;refresher=uas",
  );
  assertEquals(
    interval({ mode: "accept" }, long),
    "Session-Expires: 3600;refresher=uas",
  );
});

Deno.test("the refresher of a 2xx to us, whoever asked for what", () => {
  function refresher(settings: Settings, value: string): boolean | undefined {
    const side = negotiation(settings);
    const sent = side.requestFields("INVITE");
    return side.accepted(response(200, `Session-Expires: ${value}`), sent)
      ?.weRefresh;
  }
  const asks = { mode: "request" } as const;
  assertEquals(refresher(asks, "1800;refresher=uac"), true);
  assertEquals(refresher(asks, "1800;refresher=uas"), false);
  // A callee that answers with an interval nobody asked for.
  assertEquals(refresher({ mode: "accept" }, "1800;refresher=uac"), true);
  assertEquals(refresher({ mode: "accept" }, "1800;refresher=uas"), false);
  // A missing parameter: what we asked for, else we refresh.
  assertEquals(refresher({ ...asks, refresher: "them" }, "1800"), false);
  assertEquals(refresher({ ...asks, refresher: "us" }, "1800"), true);
  assertEquals(refresher(asks, "1800"), true);
  assertEquals(refresher({ mode: "accept" }, "1800"), true);
  assertEquals(refresher(asks, "0"), undefined);
});

Deno.test("a 2xx without Session-Expires: no timer, or ours alone", () => {
  for (
    const [mode, alone] of [["request", undefined], ["always", true]] as const
  ) {
    const side = negotiation({ mode });
    const sent = side.requestFields("INVITE");
    // RFC 4028 §7.2: "If the 2xx response did not contain a Session-Expires header field, there is no session
    // expiration."
    assertEquals(side.accepted(response(200), sent)?.alone, alone);
  }
});

Deno.test("a 2xx below Min-SE is refreshed in its time but not ended by it", () => {
  const side = negotiation({ mode: "request", minSeSeconds: 600 });
  const sent = side.requestFields("INVITE");
  const agreement = side.accepted(
    response(200, "Session-Expires: 60;refresher=uac"),
    sent,
  );
  assertEquals(agreement?.intervalSeconds, 60);
  assertEquals(agreement?.expirySeconds, 600);
  // Nobody makes us send a refresh a second.
  const hasty = side.accepted(response(200, "Session-Expires: 1"), sent);
  assertEquals(hasty?.intervalSeconds, 10);
});

Deno.test("422: retried with the largest Min-SE seen, at most 5 times", () => {
  const side = negotiation({ mode: "request", expiresSeconds: 300 });
  const asks: (string | undefined)[] = [];
  for (const minSe of [600, 900, 1200, 1500, 1800, 2100]) {
    const sent = side.requestFields("INVITE");
    asks.push(`${sent.expires?.seconds} ${sent.minSeSeconds}`);
    // RFC 4028 §7.3: "the UAC MAY retry the request."
    assertEquals(
      side.raise(response(422, `Min-SE: ${minSe}`), sent),
      minSe < 2100,
    );
  }
  // §7.4: "a UAC MUST insert the Min-SE header field into an INVITE request if it has ever received a 422 response to
  // a previous INVITE request with the same Call-ID", the largest value seen.
  assertEquals(asks, [
    "300 undefined",
    "600 600",
    "900 900",
    "1200 1200",
    "1500 1500",
    "1800 1800",
  ]);
});

Deno.test("a 422 that raises nothing, or too much, is answered by asking for no interval", () => {
  for (
    const minSe of ["Min-SE: 300", "Min-SE: 90", "X: y", "Min-SE: 99999999"]
  ) {
    const side = negotiation({ mode: "request", expiresSeconds: 300 });
    const sent = side.requestFields("INVITE");
    assertEquals(side.raise(response(422, minSe), sent), true, minSe);
    const again = side.requestFields("INVITE");
    assertEquals(again.expires, undefined, minSe);
    assertEquals(again.supported, true);
    // And once more 422: nothing is left to offer.
    assertEquals(side.raise(response(422, "Min-SE: 900"), again), false);
  }
});

Deno.test("422 to a request that asked for nothing is not retried", () => {
  const side = negotiation({ mode: "accept" });
  const sent = side.requestFields("INVITE");
  assertEquals(side.raise(response(422, "Min-SE: 900"), sent), false);
});

Deno.test("legs are apart: what one learns, the other does not know", () => {
  const settings = { mode: "request", expiresSeconds: 300 } as const;
  const [a, b] = [negotiation(settings), negotiation(settings)];
  b.raise(response(422, "Min-SE: 3600"), b.requestFields("INVITE"));
  assertEquals(b.requestFields("INVITE").expires?.seconds, 3600);
  assertEquals(a.requestFields("INVITE").expires?.seconds, 300);
});

Deno.test("within a session our request keeps interval and role", () => {
  for (
    const [value, own] of [
      ["1200;refresher=uac", "1200;refresher=uac"],
      ["1200;refresher=uas", "1200;refresher=uas"],
    ] as const
  ) {
    const side = negotiation({ mode: "request" });
    side.accepted(
      response(200, `Session-Expires: ${value}`),
      side.requestFields("INVITE"),
    );
    // RFC 4028 §7.4: "it is RECOMMENDED that the refresher parameter be set to 'uac' if the element sending the request
    // is currently performing refreshes, and to 'uas' if its peer is performing the refreshes."
    const headers = new Headers();
    writeTimerFields(headers, side.requestFields("UPDATE"));
    assertEquals(linesOf(headers), [
      "Supported: timer",
      `Session-Expires: ${own}`,
    ]);
  }
});

Deno.test("Min-SE of 422 is forgotten with the dialog's 2xx, that of the peer's requests is not", () => {
  const side = negotiation({ mode: "request", expiresSeconds: 300 });
  let sent = side.requestFields("INVITE");
  side.raise(response(422, "Min-SE: 900"), sent);
  sent = side.requestFields("INVITE");
  side.accepted(response(200, "Session-Expires: 900;refresher=uac"), sent);
  // RFC 4028 §7.4: "the maximum value of the Min-SE is effectively cleared once the dialog is established".
  assertEquals(side.requestFields("UPDATE").minSeSeconds, undefined);
  side.accept(
    request("UPDATE", "Supported: timer", "x: 900", "Min-SE: 1000"),
  );
  // §7.4: MUST insert Min-SE "if it has received a session refresh request on that dialog which contained a Min-SE".
  const update = side.requestFields("UPDATE");
  assertEquals(update.minSeSeconds, 1000);
  assertEquals(update.expires?.seconds, 1000);
});

Deno.test("the role may change with each refresh of the peer, and stays where it says nothing", () => {
  const side = negotiation({ mode: "accept" });
  function refresh(value: string): string | undefined {
    const fields = side.accept(
      request("UPDATE", "Supported: timer", `Session-Expires: ${value}`),
    );
    return fields.expires?.refresher;
  }
  assertEquals(refresh("1800;refresher=uac"), "uac");
  assertEquals(side.agreement?.weRefresh, false);
  assertEquals(refresh("1800"), "uac");
  assertEquals(refresh("1800;refresher=uas"), "uas");
  assertEquals(side.agreement?.weRefresh, true);
  assertEquals(refresh("1800"), "uas");
});

Deno.test("UPDATE is known by the peer's last Allow", () => {
  const side = negotiation();
  assertEquals(side.peerAllowsUpdate, false);
  assertEquals(side.peerAllow, []);
  side.observe(response(180, "Allow: INVITE, ACK", "Allow: update"));
  assertEquals(side.peerAllow, ["INVITE", "ACK", "update"]);
  assertEquals(side.peerAllowsUpdate, true);
  side.observe(response(200));
  assertEquals(side.peerAllowsUpdate, true);
  side.observe(response(200, "Allow: INVITE, ACK, BYE"));
  assertEquals(side.peerAllowsUpdate, false);
});

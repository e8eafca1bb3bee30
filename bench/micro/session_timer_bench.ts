/**
 * What session timers add to a basic call (INVITE to BYE, both legs): everything that the timers of both legs are asked,
 * with the messages parsed already. Run: `deno bench bench/micro/session_timer_bench.ts`. To compare with the cost of a
 * whole call, `deno task bench --rates 500`.
 */

import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import {
  SessionTimer,
  type SessionTimerUser,
} from "../../core/dialog/session_timer.ts";
import {
  DEFAULT_SESSION_TIMER,
  type SessionTimerSettings,
  TimerNegotiation,
} from "../../core/dialog/timer_negotiation.ts";
import { toBytes } from "../../core/message/bytes.ts";
import { Headers } from "../../core/message/headers.ts";
import type { SipRequest, SipResponse } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";

const clock = new TimerWheel(0, { wallTimeMs: 0 });
const ground = { clock, random: seededRandom(1), t1Ms: 500 };

const USER: SessionTimerUser = {
  refusals: { refuses: () => false, remember(): void {}, forget(): void {} },
  ownsCallId: true,
  inviteInProgress: false,
  hasSdp: true,
  send(): void {},
  answerChallenge: () => false,
  steer: () => undefined,
  onRefreshed(): void {},
  onSessionExpired(): void {},
  onSessionGone(): void {},
};

interface Messages {
  readonly invite: () => SipRequest;
  readonly bye: () => SipRequest;
  readonly ringing: () => SipResponse;
  readonly answer: () => SipResponse;
}

const PLAIN = messages("", "");
const TIMED = messages(
  "Supported: timer\r\nSession-Expires: 1800\r\n",
  "Require: timer\r\nSession-Expires: 1800;refresher=uac\r\n",
);

Deno.bench("mode off", { group: "call" }, (b) => {
  call(b, { mode: "off" }, PLAIN);
});
Deno.bench("mode accept, nobody asks", { group: "call" }, (b) => {
  call(b, { mode: "accept" }, PLAIN);
});
Deno.bench("mode request, agreed on both legs", { group: "call" }, (b) => {
  call(b, { mode: "request" }, TIMED);
});

/** One call's share: parsing stands outside of the measured part, since a call parses its messages once anyway. */
function call(
  b: Deno.BenchContext,
  mode: Pick<SessionTimerSettings, "mode">,
  messages: Messages,
): void {
  const settings = { ...DEFAULT_SESSION_TIMER, ...mode };
  const [invite, bye] = [messages.invite(), messages.bye()];
  const [ringing, answer] = [messages.ringing(), messages.answer()];
  const headers = [0, 1, 2, 3].map(() => fields());
  b.start();
  const a = new SessionTimer(new TimerNegotiation(settings), ground, USER);
  const outgoing = new TimerNegotiation(settings);
  a.incoming(invite);
  const bLeg = new SessionTimer(outgoing, ground, USER);
  const sent = bLeg.outgoing("INVITE", headers[0]!);
  outgoing.observe(ringing);
  bLeg.succeeded("INVITE", answer, sent);
  a.answering(invite, headers[1]!);
  a.incoming(bye);
  a.answering(bye, headers[2]!);
  bLeg.outgoing("BYE", headers[3]!);
  a.stop();
  bLeg.stop();
  b.end();
}

function fields(): Headers {
  const headers = new Headers();
  for (let i = 0; i < 9; i++) headers.append(`X-Field-${i}`, "value");
  return headers;
}

function messages(asked: string, answered: string): Messages {
  const common = "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\n" +
    "From: <sip:a@192.0.2.2>;tag=1\r\nTo: <sip:b@192.0.2.1>\r\nCall-ID: c1\r\n" +
    "Contact: <sip:a@192.0.2.2>\r\nMax-Forwards: 70\r\nAllow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n";
  const request = (method: string, more: string): SipRequest =>
    parsed(
      `${method} sip:b@192.0.2.1 SIP/2.0\r\n${common}CSeq: 1 ${method}\r\n${more}\r\n`,
    ) as SipRequest;
  const response = (status: number, more: string): SipResponse =>
    parsed(
      `SIP/2.0 ${status} X\r\n${common}CSeq: 1 INVITE\r\n${more}\r\n`,
    ) as SipResponse;
  return {
    invite: () => request("INVITE", asked),
    bye: () => request("BYE", ""),
    ringing: () => response(180, ""),
    answer: () => response(200, answered),
  };
}

function parsed(text: string): SipRequest | SipResponse {
  const result = parseMessage(toBytes(text));
  if (!result.ok) throw new Error(result.problem.reason);
  return result.message;
}

/** Whether a message on the wire is the one a ladder line speaks of, and what about it is not as the line has it. */

import { toText } from "../../core/message/bytes.ts";
import type { SipMessage } from "../../core/message/message.ts";
import {
  type Field,
  type Label,
  LEGWORK,
  type MessageStep,
  type Step,
} from "./ladder.ts";
import { isPseudo } from "./peer_message.ts";
import { unquoted } from "./unquoted.ts";
import { isHold } from "./peer_sdp.ts";
import type { Sent } from "./wire.ts";
import { isPing } from "./wire_pings.ts";

/** What a check may need to know besides the message. */
export interface MatchContext {
  /** `{name}` filled in. */
  fill(text: string): string;
  /** The body last sent the same way. */
  readonly lastBody: Uint8Array | undefined;
  /** Whether a message is of a call that has a name, or may be given it. */
  isCall(name: string, sent: Sent): boolean;
}

/** Same ends, same method or status. */
export function isMeant(step: MessageStep, sent: Sent): boolean {
  return step.from === sent.from && step.to === sent.to &&
    hasLabel(step.label, sent.message);
}

/** What is not as the line has it, each as found and wanted; empty when all is. Only of what Legwork sends. */
export function differences(
  step: MessageStep,
  sent: Sent,
  context: MatchContext,
): string[] {
  if (step.from !== LEGWORK) return [];
  return step.fields.flatMap((field) => {
    const problem = isPseudo(field.name)
      ? pseudoDifference(field, sent, context)
      : headerDifference(field, sent.message, context);
    return problem ?? [];
  });
}

/**
 * True for what a peer sends without being told: retransmissions, the ACK of a final response that is no 2xx, the 200
 * of a CANCEL, what answers a ping.
 */
export function isAutomatic(steps: readonly Step[], index: number): boolean {
  const step = steps[index];
  if (step?.kind !== "message" || step.from === LEGWORK) return false;
  if (step.marks.again || step.marks.repeats) return true;
  const { label } = step;
  if (label.kind === "response") {
    return isPing(label) || (label.status === 200 && label.method === "CANCEL");
  }
  return label.method === "ACK" && acknowledgesFailure(steps, index);
}

/** Whether an ACK acknowledges a final response that is no 2xx, as the lines above it tell. */
export function acknowledgesFailure(
  steps: readonly Step[],
  index: number,
): boolean {
  const ack = steps[index];
  if (ack?.kind !== "message") return false;
  const acknowledged = new Set<Step>();
  for (let i = 0; i < index; i++) {
    const step = steps[i]!;
    if (step.kind !== "message") continue;
    // Each ACK before this one took the latest final response before it.
    if (
      step.label.kind === "request" && step.label.method === "ACK" &&
      sameWay(step, ack)
    ) {
      const taken = lastFinal(steps, { before: i, ack, except: acknowledged });
      if (taken !== undefined) acknowledged.add(taken);
    }
  }
  const own = lastFinal(steps, { before: index, ack, except: acknowledged }) ??
    lastFinal(steps, { before: index, ack, except: new Set() });
  return own?.label.kind === "response" && own.label.status >= 300;
}

function lastFinal(
  steps: readonly Step[],
  find: { before: number; ack: MessageStep; except: ReadonlySet<Step> },
): MessageStep | undefined {
  for (let i = find.before - 1; i >= 0; i--) {
    const step = steps[i]!;
    if (step.kind !== "message" || find.except.has(step)) continue;
    const { label } = step;
    if (
      label.kind === "response" && label.status >= 200 &&
      (label.method ?? "INVITE") === "INVITE" &&
      step.from === find.ack.to && step.to === find.ack.from
    ) return step;
  }
  return undefined;
}

function sameWay(a: MessageStep, b: MessageStep): boolean {
  return a.from === b.from && a.to === b.to;
}

function hasLabel(label: Label, message: SipMessage): boolean {
  if (label.kind === "request") {
    return message.kind === "request" && message.method === label.method;
  }
  return message.kind === "response" && message.status === label.status &&
    (label.method === undefined || message.cseq?.method === label.method);
}

function headerDifference(
  field: Field,
  message: SipMessage,
  context: MatchContext,
): string | undefined {
  const found = message.headers.getAll(field.name).map(toText);
  const wanted = context.fill(field.value);
  const shown = found.length === 0 ? "absent" : `"${found.join(", ")}"`;
  switch (field.test) {
    case "absent":
      return found.length === 0
        ? undefined
        : `${field.name} is ${shown}, wanted none`;
    case "contains":
      return found.some((value) => value.includes(wanted))
        ? undefined
        : `${field.name} is ${shown}, wanted one with "${wanted}" in it`;
    case "equals":
      return found.includes(wanted) || found.join(", ") === wanted
        ? undefined
        : `${field.name} is ${shown}, wanted "${wanted}"`;
  }
}

function pseudoDifference(
  field: Field,
  sent: Sent,
  context: MatchContext,
): string | undefined {
  const { message } = sent;
  switch (field.name) {
    case "sdp":
      return sdpDifference(field.value, message, context);
    case "body": {
      const found = toText(String.fromCharCode(...message.body));
      const same = field.test === "contains"
        ? found.includes(field.value)
        : field.test === "absent"
        ? found === ""
        : found === unquoted(field.value);
      return same
        ? undefined
        : `body is ${JSON.stringify(found)}, wanted ${field.value || "none"}`;
    }
    case "tag": {
      const tag = message.kind === "request"
        ? message.to?.tag
        : message.from?.tag;
      return tag === field.value
        ? undefined
        : `the peer's tag is ${tag ?? "absent"}, wanted ${field.value}`;
    }
    case "call":
      return context.isCall(field.value, sent)
        ? undefined
        : `it is of another call, wanted call ${field.value}`;
    case "uri":
      return textDifference("the request URI", {
        found: message.kind === "request" ? toText(message.uri) : "absent",
        field,
        wanted: context.fill(field.value),
      });
    case "reason":
      return textDifference("the reason phrase", {
        found: message.kind === "response" ? toText(message.reason) : "absent",
        field,
        wanted: context.fill(field.value),
      });
  }
  return undefined;
}

function textDifference(
  what: string,
  text: { found: string; field: Field; wanted: string },
): string | undefined {
  const { found, field, wanted } = text;
  const same = field.test === "contains"
    ? found.includes(wanted)
    : field.test === "equals" && found === wanted;
  return same ? undefined : `${what} is "${found}", wanted "${wanted}"`;
}

function sdpDifference(
  wanted: string,
  message: SipMessage,
  context: MatchContext,
): string | undefined {
  const type = message.headers.get("Content-Type") ?? "";
  const is = message.body.length > 0 && type.startsWith("application/sdp");
  switch (wanted) {
    case "none":
      return message.body.length === 0
        ? undefined
        : "there is a body, wanted no session description";
    case "hold":
      return is && isHold(message.body)
        ? undefined
        : "it holds nothing, wanted a session description on hold";
    case "same as before": {
      const last = context.lastBody;
      const same = last !== undefined && is &&
        last.length === message.body.length &&
        last.every((byte, i) => byte === message.body[i]);
      return same
        ? undefined
        : "the session description is another than before, wanted the same";
    }
  }
  return is ? undefined : "there is no session description, wanted one";
}

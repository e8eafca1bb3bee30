/** A ladder line put into the hands of the peer that is to send it. */

import { LEGWORK, type MessageStep } from "./ladder.ts";
import type { MatchContext } from "./match.ts";
import type { LineContent } from "./peer_message.ts";
import { isPing } from "./wire_pings.ts";
import type { World } from "./world.ts";

/** Has the peer send it; a problem in words when it cannot. */
export function sendStep(step: MessageStep, world: World): string | undefined {
  const peer = world.peers.get(step.from);
  if (peer === undefined) return `${step.from} is absent`;
  const fields = step.fields.map((field) => ({
    ...field,
    value: world.fill(field.value),
  }));
  const content: LineContent = {
    fields,
    merged: step.marks.merged,
    reason: fields.find(({ name }) => name === "reason")?.value,
  };
  const { label } = step;
  if (label.kind === "request" && isPing(label)) return peer.ping(label.method);
  return label.kind === "request"
    ? peer.request(label.method, content)
    : peer.respond(label, content);
}

/** What a check of a line needs to know of the world. */
export function contextOf(
  step: MessageStep,
  now: { world: World; lastBody: Uint8Array | undefined },
): MatchContext {
  const { world, lastBody } = now;
  return {
    fill: (text) => world.fill(text),
    lastBody,
    isCall: (name, sent) => {
      const peer = world.peers.get(step.from === LEGWORK ? step.to : step.from);
      const known = peer?.calls.callIdOf(name);
      if (known === undefined) peer?.calls.name(sent.message.callId, name);
      return known === undefined || known === sent.message.callId;
    },
  };
}

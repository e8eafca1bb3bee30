/**
 * Ladders of real traffic, drawn as it passes: what `run --ladder` and the demo print.
 *
 * @module
 */

import type { SipMessage } from "../../core/message/message.ts";
import type { Flow } from "../../core/transport/flow.ts";
import { type Arrow, Drawing } from "./print.ts";
import { LEGWORK } from "./ladder.ts";

/** Settings of a {@linkcode LiveLadder}. */
export interface LiveLadderOptions {
  /** Takes one line, without its line end. */
  readonly print: (line: string) => void;
  /** The name of a peer: its trunk, or its address. */
  readonly nameOf: (flow: Flow) => string;
  readonly width?: number;
  readonly ascii?: boolean;
  readonly color?: boolean;
}

/** Prints each message that passes; columns join from the left as peers show up, Legwork second. */
export class LiveLadder {
  readonly #options: LiveLadderOptions;
  readonly #seen = new Set<string>();
  #participants: string[] = [];
  #drawing: Drawing | undefined;
  #startMs: number | undefined;

  constructor(options: LiveLadderOptions) {
    this.#options = options;
  }

  /** Takes a message as a `Tap` gives it. */
  observe(
    direction: "in" | "out",
    seen: { message: SipMessage; flow: Flow; atMs: number },
  ): void {
    const { message, flow, atMs } = seen;
    const peer = this.#options.nameOf(flow);
    const drawing = this.#drawingWith(peer);
    this.#startMs ??= atMs;
    const arrow: Arrow = {
      atMs: atMs - this.#startMs,
      from: direction === "in" ? peer : LEGWORK,
      to: direction === "in" ? LEGWORK : peer,
      label: messageLabel(message),
      marks: { again: this.#isAgain(`${direction} ${peer}`, message) },
    };
    for (const line of drawing.arrow(arrow)) this.#options.print(line);
  }

  /** Prints a line about the message above: an edit, a decision. */
  note(text: string): void {
    this.#options.print(
      (this.#drawing ?? this.#newDrawing([LEGWORK])).note(text),
    );
  }

  #drawingWith(peer: string): Drawing {
    if (this.#drawing !== undefined && this.#participants.includes(peer)) {
      return this.#drawing;
    }
    this.#participants = this.#participants.length === 0
      ? [peer, LEGWORK]
      : this.#participants.length < MAX_COLUMNS
      ? [...this.#participants, peer]
      // Enough columns: the ladder begins anew with who is talking now.
      : [peer, LEGWORK];
    this.#drawing = this.#newDrawing(this.#participants);
    this.#options.print(this.#drawing.header());
    return this.#drawing;
  }

  #newDrawing(participants: readonly string[]): Drawing {
    const { width, ascii, color } = this.#options;
    return new Drawing({
      participants,
      ...(width === undefined ? {} : { width }),
      ...(ascii === undefined ? {} : { ascii }),
      ...(color === undefined ? {} : { color }),
    });
  }

  #isAgain(way: string, message: SipMessage): boolean {
    const key = `${way} ${messageKey(message)}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    if (this.#seen.size > MAX_REMEMBERED) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return false;
  }
}

/** `INVITE` or `200 INVITE`. */
export function messageLabel(message: SipMessage): string {
  return message.kind === "request"
    ? message.method
    : `${message.status} ${message.cseq?.method ?? ""}`.trimEnd();
}

/** What a message and its retransmissions have in common, and no other message has. */
export function messageKey(message: SipMessage): string {
  const { via, from, to, cseq } = message;
  const start = message.kind === "request" ? message.method : message.status;
  return [
    start,
    message.callId,
    cseq?.number,
    cseq?.method,
    from?.tag,
    to?.tag,
    via?.sentBy,
    via?.branch,
  ].join(" ");
}

const MAX_COLUMNS = 6;
const MAX_REMEMBERED = 4_096;

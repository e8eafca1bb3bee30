/** A peer that keeps nothing: it answers each request with 200 and acknowledges each 200 to an INVITE. */

import {
  type MemoryNetwork,
  MemoryTransport,
} from "../../core/transport/memory.ts";
import { type Address, formatAddress } from "../../core/transport/address.ts";

const ALLOW = "Allow: INVITE, ACK, BYE, UPDATE";
/** What any phone would say; one for all. */
const SDP = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.20",
  "s=-",
  "c=IN IP4 192.0.2.20",
  "t=0 0",
  "m=audio 40000 RTP/AVP 0 8 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:8 PCMA/8000",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-15",
  "a=sendrecv",
  "",
].join("\r\n");

/** See the module's text. */
export class SimplePeer {
  readonly #transport: MemoryTransport;
  readonly #at: Address;
  readonly #timers: boolean;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  /** With `timers` it asks for none in its calls, and takes each that it is asked for, leaving the refreshes to us. */
  constructor(
    network: MemoryNetwork,
    { at, timers }: { at: Address; timers: boolean },
  ) {
    this.#at = at;
    this.#timers = timers;
    this.#transport = new MemoryTransport(network, { name: "UDP", ...at });
    this.#transport.open({
      onBytes: (bytes, flow) => this.#onMessage(bytes, flow.remote),
      onClosed: () => {},
      onFramingError: () => {},
      onFault: () => {},
    });
  }

  /** Calls. */
  call(to: Address, number: number): void {
    this.#send(to, [
      `INVITE sip:${number}@${formatAddress(to)} SIP/2.0`,
      `Via: SIP/2.0/UDP ${formatAddress(this.#at)};branch=z9hG4bK${number}`,
      "Max-Forwards: 70",
      `From: <sip:a${number}@${formatAddress(this.#at)}>;tag=a${number}`,
      `To: <sip:${number}@${formatAddress(to)}>`,
      `Call-ID: ${number}@carrier.example`,
      "CSeq: 1 INVITE",
      `Contact: <sip:${formatAddress(this.#at)}>`,
      ALLOW,
      ...(this.#timers ? ["Supported: timer"] : []),
    ], SDP);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #onMessage(bytes: Uint8Array, from: Address): void {
    const text = this.#decoder.decode(bytes);
    const lines = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
    const first = lines[0] ?? "";
    const of = (name: string): string =>
      lines.find((line) => line.startsWith(`${name}: `)) ?? "";
    const cseq = of("CSeq");
    if (first.startsWith("SIP/2.0 200") && cseq.endsWith(" INVITE")) {
      this.#send(from, [
        `ACK ${of("Contact").slice("Contact: <".length, -1)} SIP/2.0`,
        `Via: SIP/2.0/UDP ${formatAddress(this.#at)};branch=z9hG4bKack${
          this.#tokenOf(of("From"))
        }`,
        "Max-Forwards: 70",
        of("From"),
        of("To"),
        of("Call-ID"),
        cseq.replace("INVITE", "ACK"),
      ], "");
      return;
    }
    if (first.startsWith("SIP/2.0 ") || first.startsWith("ACK ")) return;
    const to = of("To");
    const expires = of("Session-Expires");
    const offered = lines.some((line) => line.startsWith("Content-Type:"));
    this.#send(from, [
      "SIP/2.0 200 OK",
      of("Via"),
      of("From"),
      to.includes(";tag=") ? to : `${to};tag=b${this.#tokenOf(of("From"))}`,
      of("Call-ID"),
      cseq,
      `Contact: <sip:${formatAddress(this.#at)}>`,
      ALLOW,
      ...(this.#timers && expires !== ""
        ? [
          "Require: timer",
          expires.includes("refresher") ? expires : `${expires};refresher=uac`,
        ]
        : []),
    ], offered ? SDP : "");
  }

  #tokenOf(from: string): string {
    return from.slice(from.indexOf(";tag=") + ";tag=".length);
  }

  #send(to: Address, lines: readonly string[], body: string): void {
    const message = [
      ...lines,
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
    this.#transport.send(
      this.#transport.flowTo(to),
      this.#encoder.encode(message),
    );
  }
}

/**
 * Bodies as a policy reads and writes them: session descriptions (RFC 8866), and bodies of several parts (RFC 5621).
 *
 * @module
 */

/** Attributes, `a=` lines, of a session description or of one of its media; names as they are written. */
export interface AttributesView {
  /** The value of the first of that name: "" for one without a value, undefined when there is none. */
  get(name: string): string | undefined;
  /** The values of all of that name. */
  getAll(name: string): string[];
  /** Whether there is one. */
  has(name: string): boolean;
  /** Replaces the first in its place and removes the others, or appends. Without a value it is a flag: `a=rtcp-mux`. */
  set(name: string, value?: string): void;
  /** Adds one after all others. */
  append(name: string, value?: string): void;
  /** Removes all of that name; says whether there was one. */
  delete(name: string): boolean;
  /** All names in order, one a line. */
  names(): string[];
}

/** One codec that a medium is offered or answered with. */
export interface Codec {
  /** The RTP payload type, 0 to 127. */
  readonly payload: number;
  /** As `a=rtpmap` writes it, or RFC 3551 for a payload type without one; "" for an unknown one. */
  readonly name: string;
  /** Hz; 0 for an unknown one. */
  readonly clock: number;
  /** 1 unless written otherwise. */
  readonly channels: number;
  /** The parameters of `a=fmtp`; "" without them. */
  readonly fmtp: string;
}

/** The codecs of one medium. Names in any case; `opus/48000` names one clock. What goes takes its attributes along. */
export interface CodecsView {
  /** All in the order of preference. */
  list(): Codec[];
  /** Whether there is one of that name. */
  has(name: string): boolean;
  /** Removes those; says how many there were. When nothing but tones would be left, the medium is disabled instead. */
  remove(...names: string[]): number;
  /** Removes all but those, and but what only serves others (`telephone-event`, `CN`, repair); says how many went. */
  keep(...names: string[]): number;
  /** Puts those first, in this order; says whether anything changed. */
  prefer(...names: string[]): boolean;
}

/** One medium, an `m=` line and what follows it. */
export interface MediaView {
  /** `audio`, `video`, `image` or other. */
  readonly kind: string;
  /** 0 when the medium is refused or over (RFC 3264 section 6). */
  port: number;
  /** `RTP/AVP`, `RTP/SAVP`, `udptl` or other. */
  protocol: string;
  /** As the `m=` line has them: payload types, or what the protocol has instead. */
  readonly formats: string[];
  /** Its codecs, if it is of RTP; none otherwise. */
  readonly codecs: CodecsView;
  /** Its attributes. */
  readonly attributes: AttributesView;
  /** Its own address, or that of the session; undefined when there is neither. Assigning writes its own. */
  connection: string | undefined;
  /** `sendrecv`, `sendonly`, `recvonly` or `inactive`: its own, or that of the session, or the first. */
  direction: string;
  /** Refuses or ends it: port 0. A medium is never taken out (RFC 3264 section 8). */
  disable(): void;
}

/** A session description. */
export interface SdpView {
  /** The whole; may be assigned. */
  text: string;
  /** The value of the `o=` line; "" without one. */
  readonly origin: string;
  /** The address for all media; undefined when each has its own. */
  connection: string | undefined;
  /** `sendrecv`, `sendonly`, `recvonly` or `inactive`, for media that have none of their own. */
  direction: string;
  /** The attributes of the session. */
  readonly attributes: AttributesView;
  /** The media in order. */
  readonly media: readonly MediaView[];
}

/** One part of a body of several. Editing one leaves the others byte for byte. */
export interface BodyView {
  /** The media type in lower case, without parameters; `text/plain` where the part names none (RFC 2046 section 5.1). */
  readonly contentType: string;
  /** The value of a header field of the part. */
  header(name: string): string | undefined;
  /** Sets a header field of the part, or removes it (undefined). */
  setHeader(name: string, value: string | undefined): void;
  /** Decoded as UTF-8; may be assigned. */
  body: string;
  /** The part as a session description; undefined when it is none. */
  readonly sdp: SdpView | undefined;
  /** Takes the part out; the last one can not be. */
  delete(): void;
}

/** Every member of the message API, as a script's author writes it: run by message_api_test.ts, plainly and in the sandbox. */

import type { Message } from "legwork";

const STEPS: Record<string, (message: Message) => unknown> = {
  "headers by index": ({ headers }) => {
    headers.append("X-N", "a");
    headers.append("X-N", "b");
    headers.append("X-N", "c");
    headers.setAt("x-n", 1, "B");
    const removed = headers.deleteAt("X-N", -1);
    headers.prepend("X-N", "0");
    return [
      removed,
      headers.getAll("X-N"),
      headers.at("X-N", 0),
      headers.at("X-N", -1),
      headers.at("X-N", 9),
      headers.at("from", 0),
      headers.list("Allow"),
      headers.deleteAt("X-N", 9),
    ];
  },
  "no such line": ({ headers }) => headers.setAt("X-N", 0, "x"),
  "an owned line": ({ headers }) => headers.setAt("Via", 0, "x"),
  "an owned line removed": ({ headers }) => headers.deleteAt("v", 0),
  "an owned line before others": ({ headers }) => headers.prepend("Route", "x"),
  "parameters": (message) => {
    const value = message.value("Content-Disposition")!;
    value.setParam("x-new", "with space");
    value.setParam("handling", undefined);
    value.setParam("flag", "");
    value.value = "render";
    return [
      value.text,
      value.value,
      value.param("X-New"),
      value.param("flag"),
      value.param("handling"),
      `${value}`,
      message.values("Allow").map((each) => each.value),
      message.value("Nothing"),
    ];
  },
  "a parameter with a line break": (message) =>
    message.value("Content-Disposition")!.setParam("x", "a\r\nVia: b"),
  "identities": (message) => {
    const all = message.addresses("P-Asserted-Identity");
    const seen = all.map(({ display, uri, user, host }) => [
      display,
      uri.scheme,
      uri.port,
      user,
      host,
      uri.param("user"),
      uri.text,
    ]);
    for (const each of all) if (each.uri.scheme === "tel") each.delete();
    const first = message.address("P-Asserted-Identity")!;
    first.display = 'Bör "B"';
    first.user = "+4930100";
    first.host = "carrier.example";
    first.uri.port = 5070;
    first.uri.setParam("user", "phone");
    first.setParam("x", "1");
    return [seen, all.length, first.text, message.address("Reply-To")];
  },
  "an identity as text": (message) => {
    const first = message.address("P-Asserted-Identity")!;
    first.text = "<tel:+4930100>";
    return [first.uri.scheme, first.user, first.host];
  },
  "an identity that was removed": (message) => {
    const first = message.address("P-Asserted-Identity")!;
    first.delete();
    first.user = "x";
  },
  "two identities in place of one": (message) => {
    message.address("P-Asserted-Identity")!.text = "<sip:a@b>, <sip:c@d>";
  },
  "From as an address": (message) => {
    const from = message.address("From")!;
    const seen = from.text;
    from.user = "x";
    return seen;
  },
  "diversions": (message) => {
    const [last, first] = message.diversions();
    last!.reason = "user-busy";
    last!.counter = 2;
    last!.privacy = "full";
    return [
      first!.reason,
      first!.counter,
      first!.privacy,
      last!.counter,
      message.headers.getAll("Diversion"),
    ];
  },
  "a counter out of range": (message) => {
    message.diversions()[0]!.counter = 100;
  },
  "history": (message) => {
    const entries = message.history();
    const seen = entries.map(({ index, cause, user }) => [index, cause, user]);
    entries[0]!.cause = 486;
    entries[1]!.index = "1.2";
    return [seen, entries.map((each) => each.text)];
  },
  "privacy": ({ privacy, headers }) => {
    const before = privacy.list();
    const result: unknown[] = [
      before,
      privacy.has("ID"),
      privacy.remove("id"),
    ];
    privacy.add("history");
    privacy.add("history");
    result.push([headers.get("Privacy") ?? null, privacy.remove("id")]);
    privacy.add("none");
    result.push([headers.get("Privacy") ?? null, privacy.remove("none")]);
    return [...result, headers.has("Privacy")];
  },
  "privacy of nonsense": ({ privacy }) => privacy.add("id;x"),
  "reasons": (message) => {
    const [first, second] = message.reasons();
    const seen = [first!.protocol, first!.cause, first!.text, second!.protocol];
    first!.cause = 17;
    first!.text = 'User "busy"';
    second!.delete();
    message.setReason("SIP", { cause: 486, text: "Busy" });
    message.setReason("X.1", {});
    message.setReason("q.850", { cause: 18 });
    return [seen, message.headers.getAll("Reason")];
  },
  "body": (message) => {
    message.setBody("grüße \0", "text/plain;charset=utf-8");
    return [
      message.contentType,
      message.body,
      message.sdp === undefined,
      message.parts.length,
      message.part("text/plain") === undefined,
    ];
  },
  "a body of nonsense": (message) => message.setBody("x", "text plain"),
  "sdp": (message) => {
    const sdp = message.sdp!;
    const [audio, video] = sdp.media;
    const seen = [
      sdp.origin,
      sdp.connection,
      sdp.direction,
      sdp.media.length,
      audio!.kind,
      audio!.port,
      audio!.protocol,
      audio!.formats,
      audio!.connection,
      audio!.direction,
      audio!.codecs.list(),
      audio!.codecs.has("pcma"),
      video!.codecs.has("VP8"),
    ];
    const done = [
      audio!.codecs.remove("G722"),
      audio!.codecs.prefer("PCMU"),
      audio!.codecs.keep("PCMU", "PCMA"),
    ];
    audio!.attributes.set("ptime", "30");
    audio!.attributes.append("x-flag");
    audio!.direction = "recvonly";
    audio!.connection = "2001:db8::9";
    audio!.port = 50_000;
    audio!.protocol = "RTP/SAVP";
    video!.disable();
    sdp.attributes.set("x-session", "grüße");
    sdp.connection = "192.0.2.99";
    sdp.direction = "sendonly";
    return [
      seen,
      done,
      audio!.attributes.names(),
      audio!.attributes.get("ptime"),
      audio!.attributes.getAll("rtpmap"),
      audio!.attributes.has("sendrecv"),
      audio!.attributes.delete("x-flag"),
      audio!.attributes.delete("x-flag"),
      sdp.attributes.get("nothing"),
      sdp.attributes.get("x-session"),
      video!.port,
      video!.direction,
      message.body === sdp.text,
    ];
  },
  "sdp as text": (message) => {
    const [audio] = message.sdp!.media;
    message.sdp!.text = "v=0\r\nm=audio 9 RTP/AVP 3\r\n";
    return [audio!.codecs.list(), message.body];
  },
  "sdp that is none": (message) => {
    message.sdp!.text = "hello";
  },
  "an attribute with a line break": (message) =>
    message.sdp!.attributes.set("x", "a\r\na=b"),
  "a direction of nonsense": (message) => {
    message.sdp!.direction = "both";
  },
  "a port that is no number": (message) => {
    try {
      message.sdp!.media[0]!.port = NaN;
    } catch {
      return "refused";
    }
    return message.sdp!.media[0]!.port;
  },
  "a medium that is gone": (message) => {
    const [, video] = message.sdp!.media;
    message.sdp!.text = "v=0\r\n";
    return video!.port;
  },
  "parts": (message) => {
    const parts = message.parts;
    const sdp = message.part("Application/SDP")!;
    const other = message.part("application/x-other")!;
    const seen = parts.map((part) => [part.contentType, part.header("X-Part")]);
    sdp.sdp!.media[0]!.codecs.keep("PCMA");
    message.sdp!.media[0]!.port = 4;
    other.setHeader("X-Part", "2");
    other.setHeader("Content-ID", "<1@x>");
    other.body = "grüße";
    return [seen, sdp.body, other.body, other.sdp];
  },
  "a part taken out": (message) => {
    message.part("application/x-other")!.delete();
    return message.parts.map((part) => part.contentType);
  },
  "a part that holds the boundary": (message) => {
    message.parts[0]!.body = "--frontier";
  },
};

/** The names of all steps. */
export const names = Object.keys(STEPS);

export const inbound = {
  "INVITE": (message: Message) => {
    const step = STEPS[message.headers.get("X-Step") ?? ""]!;
    let result: unknown;
    try {
      result = step(message);
    } catch (error) {
      result = `threw ${(error as Error).message}`;
    }
    message.headers.set("X-Result", JSON.stringify(result ?? null));
  },
};

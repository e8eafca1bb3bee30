import { assertEquals, assertThrows } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  addressOf,
  SessionDescription,
  setAddress,
} from "../../../core/sdp/session_description.ts";
import { OFFER, scrambled } from "./samples.ts";

function parsed(text: string): SessionDescription {
  const description = SessionDescription.parse(text);
  if (description === undefined) throw new Error("it is no SDP");
  return description;
}

Deno.test("a description reads as its lines say", () => {
  const { session, media } = parsed(OFFER);
  assertEquals(session.get("o"), "- 1 2 IN IP4 192.0.2.10");
  assertEquals(addressOf(session.get("c")), "192.0.2.10");
  assertEquals(session.attribute("group"), {
    name: "group",
    value: "BUNDLE 0",
  });
  assertEquals(media.map((each) => [each.kind, each.port, each.protocol]), [
    ["audio", 40000, "RTP/AVP"],
    ["video", 40002, "RTP/AVP"],
  ]);
  assertEquals(media[0]!.formats, ["9", "8", "0", "18", "101", "13"]);
  assertEquals(media[0]!.direction, "sendonly");
  assertEquals(media[1]!.direction, undefined);
  assertEquals(addressOf(media[1]!.get("c")), "2001:db8::1");
});

Deno.test("whatever is taken leaves byte for byte, as long as nobody edits it", () => {
  const random = seededRandom(8866);
  for (let i = 0; i < 3_000; i++) {
    const text = scrambled(random);
    assertEquals(String(parsed(text)), text);
  }
});

Deno.test("an edit of one line leaves all others byte for byte", () => {
  const random = seededRandom(3264);
  for (let i = 0; i < 1_000; i++) {
    const text = scrambled(random);
    const description = parsed(text);
    const section = [description.session, ...description.media][
      i % (description.media.length + 1)
    ]!;
    section.setAttribute({ name: "x-new", value: "1" });
    const edited = String(description);
    const at = edited.indexOf("a=x-new:1");
    const rest = edited.slice(at + "a=x-new:1".length).replace(/^\r?\n/, "");
    // A last line that had not ended gets its line break.
    const before = edited.slice(0, at);
    const whole = before + rest;
    assertEquals(
      whole === text || whole === text + "\n" || whole === text + "\r\n",
      true,
      JSON.stringify([text, edited]),
    );
    assertEquals(section.attribute("x-new")?.value, "1");
    assertEquals(
      section.removeAttributes(({ name }) => name === "x-new"),
      1,
    );
  }
});

Deno.test("what is not SDP is not taken for it", () => {
  for (const text of ["", "hello", " v=0", "o=- 1 1 IN IP4 1.2.3.4\r\n"]) {
    assertEquals(SessionDescription.parse(text), undefined);
  }
});

Deno.test("new lines end as the others do", () => {
  // §5: "parsers SHOULD be tolerant and also accept lines terminated with a single newline character."
  const description = parsed("v=0\nm=audio 1 RTP/AVP 0");
  description.media[0]!.appendAttribute({ name: "ptime", value: "20" });
  setAddress(description.session, "192.0.2.7");
  setAddress(description.media[0]!, "2001:db8::7");
  assertEquals(
    String(description),
    "v=0\nc=IN IP4 192.0.2.7\nm=audio 1 RTP/AVP 0\nc=IN IP6 2001:db8::7\na=ptime:20\n",
  );
});

Deno.test("a connection line is written where RFC 8866 wants it", () => {
  const description = parsed(
    "v=0\r\no=- 1 1 IN IP4 h\r\ns= \r\nb=AS:64\r\nt=0 0\r\nm=audio 1 RTP/AVP 0\r\ni=x\r\na=ptime:20\r\n",
  );
  setAddress(description.session, "192.0.2.7");
  setAddress(description.media[0]!, "192.0.2.8");
  assertEquals(
    String(description),
    "v=0\r\no=- 1 1 IN IP4 h\r\ns= \r\nc=IN IP4 192.0.2.7\r\nb=AS:64\r\nt=0 0\r\nm=audio 1 RTP/AVP 0\r\ni=x\r\nc=IN IP4 192.0.2.8\r\na=ptime:20\r\n",
  );
  assertThrows(
    () => setAddress(description.session, "1.2.3.4\r\na=x"),
    TypeError,
    "wanted an address",
  );
});

Deno.test("a direction takes the place of the one there was", () => {
  const description = parsed(
    "v=0\r\na=recvonly\r\nm=audio 1 RTP/AVP 0\r\na=sendonly\r\na=ptime:20\r\na=inactive\r\n",
  );
  description.media[0]!.direction = "sendrecv";
  assertEquals(
    String(description),
    "v=0\r\na=recvonly\r\nm=audio 1 RTP/AVP 0\r\na=sendrecv\r\na=ptime:20\r\n",
  );
  assertThrows(
    () => description.media[0]!.direction = "both",
    TypeError,
    "wanted sendrecv",
  );
});

Deno.test("an m= line keeps what is not edited, and a malformed one stays as it is", () => {
  const description = parsed(
    "v=0\r\nm=video 49170/2 RTP/AVP 31\r\nm=audio\r\nm=image 1 udptl t38\r\n",
  );
  const [video, broken, image] = description.media;
  video!.port = 5000;
  image!.protocol = "UDPTL";
  assertEquals(broken!.port, 0);
  assertEquals(broken!.formats, []);
  assertThrows(() => broken!.port = 1, TypeError, '"m=audio" is malformed');
  assertThrows(() => video!.port = 70_000, RangeError, "wanted 0 to 65535");
  assertThrows(() => video!.port = 1.5, RangeError);
  assertThrows(() => video!.formats = [], TypeError, "at least one");
  assertEquals(
    String(description),
    "v=0\r\nm=video 5000/2 RTP/AVP 31\r\nm=audio\r\nm=image 1 UDPTL t38\r\n",
  );
  video!.port = 0;
  assertEquals(String(video), "m=video 0 RTP/AVP 31\r\n");
});

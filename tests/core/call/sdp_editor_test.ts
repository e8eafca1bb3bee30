import { assertEquals, assertThrows } from "@std/assert";
import { SdpEditor } from "../../../core/call/sdp_editor.ts";
import { OFFER } from "../sdp/samples.ts";

/** An editor, and the byte string it works on. */
function editor(text = OFFER): {
  sdp: SdpEditor;
  place: { text: string; writes: number };
} {
  const place = { text, writes: 0 };
  const sdp = new SdpEditor({
    read: () => place.text,
    write: (bytes) => {
      place.text = bytes;
      place.writes++;
    },
  });
  return { sdp, place };
}

Deno.test("text is decoded for people and encoded for the wire", () => {
  const { sdp, place } = editor(
    "v=0\r\no=J\xc3\xbcrgen 1 1 IN IP4 h\r\ns=\xff\r\n",
  );
  assertEquals(sdp.origin, "Jürgen 1 1 IN IP4 h");
  sdp.attributes.set("x", "grüße");
  assertEquals(
    place.text,
    "v=0\r\no=J\xc3\xbcrgen 1 1 IN IP4 h\r\ns=\xff\r\na=x:gr\xc3\xbc\xc3\x9fe\r\n",
  );
});

Deno.test("an edit that changes nothing writes nothing", () => {
  const { sdp, place } = editor();
  const [audio] = sdp.media;
  audio!.port = 40_000;
  audio!.direction = "sendonly";
  audio!.codecs.remove("opus");
  audio!.codecs.prefer("G722");
  audio!.attributes.set("ptime", "20");
  audio!.attributes.delete("nothing");
  assertEquals(place.writes, 0);
});

Deno.test("what somebody else wrote is read again", () => {
  const { sdp, place } = editor();
  const [audio, video] = sdp.media;
  place.text = OFFER.replace("40000", "5").replace(/m=video[^]*/, "");
  assertEquals(audio!.port, 5);
  assertEquals(sdp.media.length, 1);
  assertThrows(() => video!.port, TypeError, "Cannot use medium 1");
  place.text = "no more";
  assertThrows(() => audio!.port, TypeError, "the body is none any more");
});

Deno.test("an edit that throws leaves the description as it was", () => {
  const { sdp, place } = editor();
  const [audio] = sdp.media;
  for (
    const edit of [
      () => audio!.port = -1,
      () => audio!.protocol = "a b",
      () => audio!.connection = "a b",
      () => audio!.direction = "a=x",
      () => audio!.attributes.set("a b", "x"),
      () => audio!.attributes.append("x", "a\nb"),
      () => audio!.codecs.remove(...Array.from({ length: 201 }, String)),
      () => audio!.codecs.keep(0 as unknown as string),
      () => sdp.text = "o=-",
      () => sdp.connection = undefined,
    ]
  ) assertThrows(edit);
  assertEquals(place.text, OFFER);
  assertEquals(audio!.port, 40_000);
});

Deno.test("a medium has the session's address and direction unless it has its own", () => {
  const { sdp } = editor(
    "v=0\r\nc=IN IP4 192.0.2.1\r\na=inactive\r\nm=audio 1 RTP/AVP 0\r\nm=audio 2 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\na=sendrecv\r\n",
  );
  assertEquals(
    sdp.media.map((media) => [media.connection, media.direction]),
    [["192.0.2.1", "inactive"], ["192.0.2.2", "sendrecv"]],
  );
  // RFC 8866 §6.7: with no direction attribute present "sendrecv" is the default.
  assertEquals(
    editor("v=0\r\nm=audio 1 RTP/AVP 0\r\n").sdp.media[0]!.direction,
    "sendrecv",
  );
});

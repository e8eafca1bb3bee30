import { assertEquals } from "@std/assert";
import { OriginKeeper } from "../../../core/media/origin.ts";
import { audio, parsed } from "./sdp_texts.ts";

function originOf(text: string): string {
  return parsed(text).session.get("o")!;
}

function written(
  keeper: OriginKeeper,
  text: string,
  standing?: string,
): string {
  const description = parsed(text);
  keeper.write(description, standing);
  return String(description);
}

// RFC 3264 §8: "the "o=" line of the new SDP MUST be identical to that in the previous SDP, except that the version in
// the origin field MUST increment by one from the previous SDP. If the version in the origin line does not increment,
// the SDP MUST be identical to the SDP with that version number."
Deno.test("a version counts what changed, whoever is behind it", () => {
  const keeper = new OriginKeeper("77", "203.0.113.9");
  const first = written(keeper, audio({ port: 20000 }));
  assertEquals(originOf(first), "- 77 1 IN IP4 203.0.113.9");
  // Another target with the same media: nothing has changed for this leg.
  const same = written(
    keeper,
    audio({ port: 20000, origin: "bob 9 9 IN IP4 192.0.2.3" }),
    first,
  );
  assertEquals(same, first);
  const held = written(keeper, audio({ port: 20000 }, "sendonly"), first);
  assertEquals(originOf(held), "- 77 2 IN IP4 203.0.113.9");
  // Back to what it was is a change too.
  const resumed = written(keeper, audio({ port: 20000 }), held);
  assertEquals(originOf(resumed), "- 77 3 IN IP4 203.0.113.9");
});

Deno.test("a version that somebody else counted on is gone on from", () => {
  const keeper = new OriginKeeper("77", "203.0.113.9");
  const first = written(keeper, audio({ port: 20000 }));
  const answeredAtOnce = first.replace(" 77 1 ", " 77 2 ") + "a=recvonly\r\n";
  const next = written(keeper, audio({ port: 20000 }), answeredAtOnce);
  assertEquals(originOf(next), "- 77 3 IN IP4 203.0.113.9");
});

Deno.test("IPv6 has its own family", () => {
  const keeper = new OriginKeeper("1", "2001:db8::1");
  assertEquals(
    originOf(written(keeper, audio({}))),
    "- 1 1 IN IP6 2001:db8::1",
  );
});

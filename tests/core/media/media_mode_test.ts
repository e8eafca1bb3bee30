import { assertEquals } from "@std/assert";
import {
  DEFAULT_DTMF,
  type DtmfSettings,
} from "../../../core/media/dtmf_settings.ts";
import {
  anchorKind,
  eventsFor,
  type MediaMode,
} from "../../../core/media/media_mode.ts";
import { audio, parsed, sdp } from "./sdp_texts.ts";

function dtmf(
  receive: DtmfSettings["receive"],
  send: DtmfSettings["send"],
): DtmfSettings {
  return { ...DEFAULT_DTMF, receive, send };
}

const RTP = dtmf(["rfc4733"], "rfc4733");
const INFO = dtmf(["info"], "info");
const BOTH = dtmf(["rfc4733", "info"], "rfc4733");
const WITH = parsed(audio({}));
const WITHOUT = parsed(sdp("v=0", "m=audio 4000 RTP/AVP 0"));

Deno.test("which mode of two trunks counts", () => {
  const offer = () => WITH;
  for (
    const [a, b, kind] of [
      ["bypass", "bypass", undefined],
      ["bypass", "auto", undefined],
      ["auto", "auto", undefined],
      ["relay", "bypass", "relay"],
      ["auto", "relay", "relay"],
      ["relay", "rtpengine", "rtpengine"],
    ] as [MediaMode, MediaMode, string | undefined][]
  ) {
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const found = anchorKind({
        a: { mode: one, dtmf: DEFAULT_DTMF },
        b: { mode: other, dtmf: DEFAULT_DTMF },
      }, offer);
      assertEquals(found, kind, `${one} and ${other}`);
    }
  }
});

Deno.test("auto relays where keys have to be read from media or put into them, and only there", () => {
  for (
    const [name, a, b, offer, kind] of [
      ["nobody says anything", DEFAULT_DTMF, DEFAULT_DTMF, WITH, undefined],
      ["the same kind on both", RTP, RTP, WITH, undefined],
      ["INFO on both", INFO, INFO, WITH, undefined],
      ["RTP to INFO", RTP, INFO, WITH, "relay"],
      ["INFO to RTP", INFO, RTP, WITHOUT, "relay"],
      ["the best of both is RTP", BOTH, RTP, WITH, undefined],
      ["without events in its offer it is INFO", BOTH, RTP, WITHOUT, "relay"],
      ["a late offer: by the settings", RTP, INFO, undefined, "relay"],
      ["tones", dtmf(["inband"], "inband"), INFO, WITH, "relay"],
      [
        "INFO in two bodies",
        INFO,
        dtmf(["info"], "info-dtmf"),
        WITH,
        undefined,
      ],
    ] as const
  ) {
    const found = anchorKind({
      a: { mode: "auto", dtmf: a },
      b: { mode: "auto", dtmf: b },
    }, () => offer);
    assertEquals(found, kind, name);
  }
});

Deno.test("events in a description: for whom they are added, from whom they are kept", () => {
  const offer = (to: DtmfSettings, has: boolean) =>
    eventsFor(to, { has, offered: undefined });
  assertEquals(offer(INFO, true), "hide");
  assertEquals(offer(INFO, false), undefined);
  assertEquals(offer(RTP, true), undefined);
  assertEquals(offer(RTP, false), "add");
  assertEquals(offer(DEFAULT_DTMF, false), undefined);
  const answer = (to: DtmfSettings, has: boolean, offered: boolean) =>
    eventsFor(to, { has, offered });
  // RFC 3264 §6: an answer has nothing that the offer had not.
  assertEquals(answer(INFO, true, false), "hide");
  assertEquals(answer(RTP, true, true), undefined);
  assertEquals(answer(RTP, false, true), "add");
  assertEquals(answer(INFO, false, true), undefined);
});

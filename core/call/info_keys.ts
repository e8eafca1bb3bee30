/** Keys in INFO requests of a leg: read from what crosses, and sent as requests of our own. */

import { fromBytes, toBytes } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import {
  type InfoRequest,
  KEY_INFO_TYPES,
  writeKeyInfo,
} from "../media/dtmf_info.ts";
import type { KeySink } from "../media/key_sink.ts";
import { MessageSink } from "../media/message_sink.ts";
import type { CallContext } from "./call_context.ts";
import type { Content } from "./header_policy.ts";
import type { Leg } from "./leg.ts";

/** What a 415 to an INFO has besides its status. */
export const REFUSED_INFO: Content = {
  headers: new Headers().append("Accept", KEY_INFO_TYPES.join(", ")),
  body: new Uint8Array(0),
};

/** Bodies of keys are a few dozen bytes: more of one is not looked at. */
const MOST_BYTES = 2_000;

/** What of an INFO may be a key. */
export function keyInfoOf({ headers, body }: Content): InfoRequest {
  return {
    contentType: headers.first("content-type")?.value,
    infoPackage: headers.first("info-package")?.value,
    body: fromBytes(body.subarray(0, MOST_BYTES)),
  };
}

/** Sinks that send keys to a leg in INFO, in either body. */
export function infoSinks(
  leg: Leg,
  { observer }: Pick<CallContext, "observer">,
): KeySink[] {
  return (["info", "info-dtmf"] as const).map((kind) =>
    new MessageSink({
      kind,
      out: {
        sendKey: (press, answered) => {
          const { contentType, body } = writeKeyInfo(press, kind);
          leg.request("INFO", {
            content: {
              headers: new Headers().append("Content-Type", contentType),
              body: toBytes(body),
            },
            user: {
              onResponse: ({ status }) => {
                if (status < 200) return;
                if (status >= 300) observer.count("media_keys_refused");
                answered(status < 300);
              },
              onFailure: () => answered(false),
            },
          });
        },
      },
    })
  );
}

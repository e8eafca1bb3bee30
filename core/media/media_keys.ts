import type { KeyListener } from "./key.ts";
import type { KeySink } from "./key_sink.ts";

/** The media of one call as keys go through it: implemented by whatever has its packets. */
export interface MediaKeys {
  /** Keys that the side presses in its media are told to `listener` from now on. */
  listen(side: "a" | "b", listener: KeyListener): void;
  /** What keys can be sent with into the media that the side hears, as its session stands now. */
  sinks(side: "a" | "b"): readonly KeySink[];
}

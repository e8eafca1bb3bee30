/** Phones have an address of their own. */
const PHONES = "127.0.0.2";

/** What a phone says of itself: G.711 and nothing else. */
export function phoneSdp(port: number): string {
  return [
    "v=0",
    `o=- 1 1 IN IP4 ${PHONES}`,
    "s=-",
    `c=IN IP4 ${PHONES}`,
    "t=0 0",
    `m=audio ${port} RTP/AVP 0`,
    "",
  ].join("\r\n");
}

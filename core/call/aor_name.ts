import { fromText } from "../message/bytes.ts";
import { parseSipUri } from "../message/uri.ts";

/** True for `aor:bob`, `aor:bob@example.com`, and `aor:*`, the user that was dialled. */
export function isAorName(name: string): boolean {
  if (!/^aor:/i.test(name)) return false;
  const bare = fromText(name.slice("aor:".length));
  if (bare === "*") return true;
  return parseSipUri(bare.includes("@") ? `sip:${bare}` : `sip:${bare}@a`)
    ?.user !== undefined;
}

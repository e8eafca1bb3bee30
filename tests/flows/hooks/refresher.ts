import { type Refresh, refresh, skip } from "legwork";

let skipped = 0;

export function onRefresh(due: Refresh) {
  if (due.leg.trunk !== "pbx") return undefined;
  if (skipped++ === 0) return skip();
  if (due.lastOutcomes.length > 0) return "UPDATE";
  return refresh("INVITE", { sdp: true, headers: { "X-Due": due.method } });
}

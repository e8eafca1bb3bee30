/** A decision in a few words: `route pbx, carrier-backup`, `reject 433`. */
export function decisionText(decision: object): string {
  const { action, ...rest } = decision as { action?: unknown };
  const words = Object.entries(rest).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (name === "targets" || name === "contacts") return [list(value)];
    if (name === "status") return [String(value)];
    return [`${name}=${JSON.stringify(value)}`];
  });
  return [String(action), ...words].join(" ");
}

function list(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((each: unknown) =>
    typeof each === "string" ? each : JSON.stringify(each)
  ).join(", ");
}

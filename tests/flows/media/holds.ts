import { answer, type Call, type Update } from "legwork";

export function onUpdate(_call: Call, update: Update) {
  return update.kind === "hold" ? answer() : undefined;
}

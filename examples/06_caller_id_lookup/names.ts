// Shows the PBX who calls: a web server knows the names, and the store remembers them for a day. A server that is
// slow or away delays a call by half a second at most, and never stops one.

import { type Call, fetch, log, type Message, sleep, store } from "legwork";
import type { Leg } from "legwork";

const SERVER = "http://127.0.0.1:8080/callers/";
const PATIENCE_MS = 500;
const A_DAY = { expiresSeconds: 86_400 };

export async function onInvite(call: Call): Promise<void> {
  if (call.trunk !== "carrier") return;
  const number = call.from.user;
  const known = await store.get(`name:${number}`);
  const name = known ?? await Promise.race([lookUp(number), patience()]);
  if (typeof name === "string" && name !== "") call.vars.name = name;
}

export const outbound = {
  "INVITE": (message: Message, leg: Leg) => {
    const name = leg.call?.vars.name;
    if (leg.trunk === "pbx" && typeof name === "string") {
      message.from.display = name;
    }
  },
};

async function lookUp(number: string): Promise<string> {
  try {
    const response = await fetch(SERVER + encodeURIComponent(number));
    const name = response.ok ? nameIn(await response.json()) : "";
    // A number that nobody knows is remembered too, so that it is asked for once.
    await store.set(`name:${number}`, name, A_DAY);
    return name;
  } catch (error) {
    log(`no name for ${number}:`, error);
    return "";
  }
}

async function patience(): Promise<string> {
  await sleep(PATIENCE_MS);
  return "";
}

function nameIn(answer: unknown): string {
  const { name } = answer as { name?: unknown };
  return typeof name === "string" ? name : "";
}

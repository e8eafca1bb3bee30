/** The environment of this process, as far as it may be read. */

import type { Environment } from "./config/secret_check.ts";

/** Looks one variable up. */
export function environmentVariable(name: string): ReturnType<Environment> {
  try {
    const value = Deno.env.get(name);
    return value === undefined ? undefined : { value };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return "denied";
    throw error;
  }
}

/** For what never speaks to a peer, ladders and captures: every password is `secret`. */
export function standInEnvironment(): { value: string } {
  return { value: "secret" };
}

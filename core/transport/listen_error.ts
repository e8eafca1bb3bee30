import { LegworkError } from "../base/errors.ts";

/** A listener's address cannot be had: in use, not of this machine, or not permitted. */
export class ListenError extends LegworkError {
  override readonly name = "ListenError";

  constructor(listener: string, cause: unknown) {
    super("LISTEN", `Cannot listen on ${listener}: ${whyNot(cause)}`);
  }
}

/** A system error in the words of an operator. */
function whyNot(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) return "the port is in use";
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return "the address does not belong to this machine";
  }
  if (
    cause instanceof Deno.errors.PermissionDenied ||
    cause instanceof Deno.errors.NotCapable
  ) return "the port is not permitted";
  return cause instanceof Error ? cause.message : String(cause);
}

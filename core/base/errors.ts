/** Base of the errors that Legwork throws at its caller: each has a stable `code`. */
export class LegworkError extends Error {
  override readonly name: string = "LegworkError";

  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** The call is right but comes at the wrong time: a response to an answered request, say. */
export class StateError extends LegworkError {
  override readonly name = "StateError";

  constructor(message: string) {
    super("STATE", message);
  }
}

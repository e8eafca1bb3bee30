import type { OperatorObserver } from "./operator_observer.ts";

/**
 * Whatever is thrown where nobody catches it: logged and counted, and calls go on. `target` is where such events
 * arrive. The result makes an end of it.
 */
export function catchFaults(
  observer: Pick<OperatorObserver, "fault">,
  target: EventTarget = globalThis,
): () => void {
  function onFault(event: Event): void {
    event.preventDefault();
    const error: unknown = event instanceof ErrorEvent
      ? event.error
      : event instanceof PromiseRejectionEvent
      ? event.reason
      : event.type;
    observer.fault("something failed", error);
  }
  target.addEventListener("error", onFault);
  target.addEventListener("unhandledrejection", onFault);
  return () => {
    target.removeEventListener("error", onFault);
    target.removeEventListener("unhandledrejection", onFault);
  };
}

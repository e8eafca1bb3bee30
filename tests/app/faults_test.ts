import { assertEquals } from "@std/assert";
import { catchFaults } from "../../app/faults.ts";

Deno.test("what nobody catches is told and kept from ending the process", () => {
  const target = new EventTarget();
  const faults: unknown[] = [];
  const stop = catchFaults({
    fault: (_what, error) => void faults.push(error),
  }, target);
  const promise = Promise.resolve();
  const events = [
    new ErrorEvent("error", { cancelable: true, error: "thrown" }),
    new PromiseRejectionEvent("unhandledrejection", {
      cancelable: true,
      promise,
      reason: "rejected",
    }),
  ];
  for (const event of events) {
    target.dispatchEvent(event);
    assertEquals(event.defaultPrevented, true);
  }
  assertEquals(faults, ["thrown", "rejected"]);
  stop();
  target.dispatchEvent(new ErrorEvent("error", { error: "later" }));
  assertEquals(faults.length, 2);
});

import { type Call, type Failure, next, reject, route, sleep } from "legwork";

export async function onInvite(call: Call) {
  await sleep(Number(call.headers.get("X-Wait") ?? 0));
  return call.headers.has("X-Parallel")
    ? route("bob", "carol", { parallel: true })
    : route("bob");
}

export async function onFailure(_call: Call, failure: Failure) {
  await sleep(1000);
  return failure.remaining > 0 ? next() : reject(480, "Thought About It");
}

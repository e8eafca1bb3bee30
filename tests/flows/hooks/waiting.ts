import {
  type Call,
  type Failure,
  next,
  reject,
  route,
  sleep as pause,
} from "legwork";

export async function onInvite(call: Call) {
  await pause(Number(call.headers.get("X-Wait") ?? 0));
  return call.headers.has("X-Parallel")
    ? route("bob", "carol", { parallel: true })
    : route("bob");
}

export async function onFailure(_call: Call, failure: Failure) {
  await pause(1000);
  return failure.remaining > 0 ? next() : reject(480, "Thought About It");
}

import { accept, type Leg, type Message, reject, route } from "legwork";

export async function onRegister(request: Message, leg: Leg) {
  await Promise.resolve();
  switch (request.headers.get("X-Do")) {
    case "reject":
      return reject(423, "Too Brief", { "Min-Expires": "60" });
    case "route":
      return route(leg.trunk === "alice" ? "bob" : "alice");
    case "accept":
      return accept();
  }
  return undefined;
}

export function onRequest() {
  return reject(501);
}

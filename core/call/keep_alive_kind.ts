/**
 * Which requests mean nothing but that their sender is there.
 *
 * @module
 */

import type { SipRequest } from "../message/message.ts";
import type { KeepAliveView } from "./event_views.ts";

/** Every kind there is. */
export type KeepAliveKind = KeepAliveView["kind"];

/**
 * The kind of a keep-alive within a dialog; undefined for a request that says something. UPDATE, INFO, MESSAGE and
 * OPTIONS are keep-alives when they carry nothing (miniSIPServer's), a NOTIFY by the event it names.
 *
 * An INFO or MESSAGE without a body that names a Content-Type or an Info-Package (RFC 6086) means something by that,
 * and passes.
 */
export function keepAliveWithin(
  request: SipRequest,
): KeepAliveKind | undefined {
  const { method, headers } = request;
  if (method === "NOTIFY") {
    return isKeepAliveEvent(headers.first("event")?.value)
      ? "notify"
      : undefined;
  }
  if (request.body.length > 0) return undefined;
  switch (method) {
    case "OPTIONS":
      return "options";
    case "UPDATE":
      return "update";
    case "INFO":
      return headers.has("Content-Type") || headers.has("Info-Package")
        ? undefined
        : "info";
    case "MESSAGE":
      return headers.has("Content-Type") ? undefined : "message";
  }
  return undefined;
}

/** The kind of a keep-alive outside any dialog. A MESSAGE is a message there, and INFO and UPDATE have no place. */
export function keepAliveOutside(
  request: SipRequest,
): "options" | "notify" | undefined {
  if (request.method === "OPTIONS") return "options";
  return keepAliveWithin(request) === "notify" ? "notify" : undefined;
}

/** True for the value of `Event: keep-alive`, its parameters apart. */
export function isKeepAliveEvent(event: string | undefined): boolean {
  return /^keep-alive[ \t]*(?:;|$)/i.test(event ?? "");
}

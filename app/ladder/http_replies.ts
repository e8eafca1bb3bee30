/** The web as a ladder has it: `http: GET http://crm.example/200 -> 200 {"name":"Anna"}`. */

import type {
  HttpPort,
  HttpRequest,
  HttpResponse,
} from "../../scripts/http.ts";

/** One line: what is answered to a request; undefined: nothing ever. */
export interface HttpReply {
  readonly method: string;
  readonly url: string;
  readonly response: HttpResponse | undefined;
}

/** What such a line looks like, for messages. */
export const HTTP_REPLY_WANTED =
  '"GET http://crm.example/200 -> 200 BODY" or "... -> silence"';

const LINE =
  /^([A-Z]+)\s+(https?:\/\/\S+)\s+->\s+(?:silence|([1-5]\d\d)(?:\s+(.*))?)$/;

/** Undefined for what is no such line. */
export function parseHttpReply(line: string): HttpReply | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, method = "", url = "", status, body = ""] = match;
  return {
    method,
    url,
    response: status === undefined
      ? undefined
      : { status: Number(status), headers: {}, body },
  };
}

/** The hosts that these lines speak of, as `script_fetch.hosts` has them. */
export function hostsOf(replies: readonly HttpReply[]): readonly string[] {
  return [...new Set(replies.map(({ url }) => new URL(url).host))];
}

/** Answers by the first line that fits; what fits none cannot be reached. */
export function httpOf(replies: readonly HttpReply[]): HttpPort {
  return {
    exchange(
      { method, url }: HttpRequest,
      { signal }: { signal: AbortSignal },
    ): Promise<HttpResponse> {
      const reply = replies.find((each) =>
        each.method === method && new URL(each.url).href === url
      );
      if (reply === undefined) {
        return Promise.reject(
          new Error(`the ladder has no line "http: ${method} ${url} -> ..."`),
        );
      }
      const { response } = reply;
      if (response !== undefined) return Promise.resolve(response);
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  };
}

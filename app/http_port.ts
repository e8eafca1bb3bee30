import type { HttpPort, HttpRequest, HttpResponse } from "../scripts/http.ts";

/** HTTP by Deno's own client. Needs `--allow-net` for the hosts. */
export const HTTP_PORT: HttpPort = {
  async exchange(
    request: HttpRequest,
    { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
  ): Promise<HttpResponse> {
    const { url, method, headers, body } = request;
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await text(response, maxBytes),
    };
  },
};

async function text(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let whole = "";
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > maxBytes) {
      throw new RangeError(`the response is larger than ${maxBytes} bytes`);
    }
    whole += decoder.decode(chunk, { stream: true });
  }
  return whole + decoder.decode();
}

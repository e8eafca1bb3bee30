/**
 * HTTP for scripts: which hosts they reach, how long they wait, how much they take in. The network itself is a port.
 *
 * @module
 */

/** One request on the wire; `url` has been checked. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** One response, a redirection included; header names are in lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The network. */
export interface HttpPort {
  /**
   * Sends one request and follows no redirection. Rejects when no response comes, when `signal` is aborted, and when
   * the body has more than `maxBytes`.
   */
  exchange(
    request: HttpRequest,
    bounds: { maxBytes: number; signal: AbortSignal },
  ): Promise<HttpResponse>;
}

/** What scripts may ask of the network. */
export interface HttpRules {
  /** `crm.example`, `*.example.com`, each with `:8080` or `:*` where it is not the scheme's own port. */
  readonly hosts: readonly string[];
  /** From request to the end of the last response. */
  readonly timeoutMs: number;
  /** Of a request body, and of a response body. */
  readonly maxBytes: number;
}

/** The network within its rules. */
export interface HttpAccess {
  readonly port: HttpPort;
  readonly rules: HttpRules;
}

/** What came of a request, redirections followed: the URL that answered with it. */
export type HttpAnswer = HttpResponse & { readonly url: string };

const MOST_REDIRECTS = 5;
// RFC 9110 §5.6.2: a field name and a method are tokens.
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
const LARGEST_HEADER = 8_192;
const MOST_HEADERS = 50;
/** What would tell one host's secrets to another. */
const CREDENTIALS = ["authorization", "cookie", "proxy-authorization"];
/** What the network writes itself. */
const OWN_HEADERS = [
  "connection",
  "content-length",
  "host",
  "transfer-encoding",
];

/** Whether a pattern of {@linkcode HttpRules} is one. */
export function isHostPattern(text: string): boolean {
  return HOST_PATTERN.test(text);
}

const HOST_PATTERN =
  /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?:\d{1,5}|\*))?$/i;

/** Sends a request and follows redirections to allowed hosts; rejects with what went wrong. */
export async function exchange(
  { port, rules }: HttpAccess,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let current = checked(request, rules);
  for (let hops = 0;; hops++) {
    const bounds = { maxBytes: rules.maxBytes, signal };
    const response = await port.exchange(current, bounds);
    const location = response.headers["location"];
    if (!isRedirection(response.status) || location === undefined) {
      return { ...response, url: current.url };
    }
    if (hops === MOST_REDIRECTS) {
      throw new Error(`more than ${MOST_REDIRECTS} redirections`);
    }
    current = checked(redirected(current, response.status, location), rules);
  }
}

function isRedirection(status: number): boolean {
  return status === 301 || status === 302 || status === 303 ||
    status === 307 || status === 308;
}

function redirected(
  request: HttpRequest,
  status: number,
  location: string,
): HttpRequest {
  const url = new URL(location, request.url);
  const isElsewhere = url.origin !== new URL(request.url).origin;
  const headers = Object.entries(request.headers).filter(([name]) =>
    !isElsewhere || !CREDENTIALS.includes(name.toLowerCase())
  );
  // RFC 9110 §15.4: 303 asks for a GET, and after 301 and 302 a POST has always become one.
  const asksForGet = status === 303 ||
    (status <= 302 && request.method === "POST");
  return {
    url: url.href,
    headers: Object.fromEntries(headers),
    ...(asksForGet && request.method !== "HEAD"
      ? { method: "GET", body: undefined }
      : { method: request.method, body: request.body }),
  };
}

function checked(request: HttpRequest, rules: HttpRules): HttpRequest {
  let url: URL;
  try {
    url = new URL(request.url);
  } catch {
    throw new TypeError(`"${request.url.slice(0, 100)}" is not a URL`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`${url.protocol} is neither http: nor https:`);
  }
  if (!rules.hosts.some((pattern) => matches(pattern, url))) {
    throw new TypeError(`${url.host} is not in script_fetch.hosts`);
  }
  if (!TOKEN.test(request.method)) {
    throw new TypeError(`method "${request.method}" is not a token`);
  }
  const entries = Object.entries(request.headers);
  if (entries.length > MOST_HEADERS) {
    throw new RangeError(`more than ${MOST_HEADERS} header fields`);
  }
  for (const [name, value] of entries) {
    if (!TOKEN.test(name) || OWN_HEADERS.includes(name.toLowerCase())) {
      throw new TypeError(`header field "${name}" cannot be set`);
    }
    if (/[\r\n\0]/.test(value) || value.length > LARGEST_HEADER) {
      throw new TypeError(`header field ${name} has no fit value`);
    }
  }
  if ((request.body ?? "").length > rules.maxBytes) {
    throw new RangeError(`the body is larger than ${rules.maxBytes} bytes`);
  }
  url.hash = "";
  return { ...request, url: url.href };
}

function matches(pattern: string, url: URL): boolean {
  const colon = pattern.search(/:(?:\d+|\*)$/);
  const host = (colon < 0 ? pattern : pattern.slice(0, colon)).toLowerCase();
  const port = colon < 0 ? "" : pattern.slice(colon + 1);
  const usual = url.protocol === "https:" ? "443" : "80";
  const actual = url.port === "" ? usual : url.port;
  if (port !== "*" && actual !== (port === "" ? usual : port)) return false;
  return host.startsWith("*.")
    ? url.hostname.endsWith(host.slice(1))
    : url.hostname === host;
}

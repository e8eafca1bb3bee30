/** The patterns of message hooks: a method, a status, a status class, both, or `*`. */

const STATUS = /^[1-6](\d\d|\dx|xx)$/;
// §25.1: a method is a token; all that exist begin with a letter.
const TOKEN = /^[A-Za-z][A-Za-z0-9.!%*_+`'~-]*$/;

/** What is wrong with a pattern, or undefined. */
export function patternProblem(pattern: string): string | undefined {
  const wanted =
    `wanted a method (INVITE), a status (200, 18x, 4xx), both (200 INVITE) or *`;
  if (pattern === "*") return undefined;
  const parts = pattern.split(" ");
  const method = parts.at(-1)!;
  const ofResponse = /^\d/.test(pattern);
  if (ofResponse && !STATUS.test(parts[0]!)) return wanted;
  if (parts.length > (ofResponse ? 2 : 1)) return wanted;
  if (ofResponse && parts.length === 1) return undefined;
  if (!TOKEN.test(method)) return wanted;
  // §7.1: method names are case-sensitive; a lower-case one would never match.
  if (method !== method.toUpperCase()) return `wanted ${method.toUpperCase()}`;
  return undefined;
}

/** A quoted text of a line: `\r`, `\n`, `\"` and `\\` as elsewhere. */
export function unquoted(text: string): string {
  return text.slice(1, -1).replace(
    /\\(.)/g,
    (_, letter: string) =>
      letter === "n" ? "\n" : letter === "r" ? "\r" : letter,
  );
}

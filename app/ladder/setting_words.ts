/** Lines such as `session_timer pbx  mode=always, expires=90`: the words of a block of the configuration, on one line. */

/** What one word changes, by its name; undefined for a value that is none. */
export type Words<Settings> = Readonly<
  Record<string, (value: string) => Partial<Settings> | undefined>
>;

/** Reads the words over what is usual; `problem` names the first that is none. */
export function readWords<Settings>(
  text: string,
  { usual, words }: { usual: Settings; words: Words<Settings> },
): { settings: Settings; problem?: string } {
  let settings = usual;
  for (const piece of text.split(/[\s,]+/).filter((word) => word !== "")) {
    const [key = "", value = ""] = piece.split("=");
    const change = words[key]?.(value);
    if (change === undefined) {
      const wanted = Object.keys(words).join(", ");
      return {
        settings,
        problem: `"${piece}", wanted NAME=VALUE with ${wanted}`,
      };
    }
    settings = { ...settings, ...change };
  }
  return { settings };
}

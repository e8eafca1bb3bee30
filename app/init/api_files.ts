/** The types of the script API as files for a folder of scripts, taken from the modules they are. */

/** Where they are put. */
export const API_FOLDER = ".legwork";
/** The module that scripts import, below it. */
export const API_MODULE = "scripts/api.ts";

const ROOT = new URL("../../", import.meta.url);
const MAX_FILES = 100;

/** The API and all that it imports, by path. */
export function apiFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  const queue = [API_MODULE];
  const seen = new Set(queue);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    files[`${API_FOLDER}/${path}`] = text;
    for (const [, name = ""] of text.matchAll(/ from "(\.[^"]+)"/g)) {
      const next = new URL(name, new URL(path, ROOT)).href
        .slice(ROOT.href.length);
      if (seen.has(next)) continue;
      if (seen.size >= MAX_FILES) {
        throw new Error("Cannot gather the script API: it imports too much");
      }
      seen.add(next);
      queue.push(next);
    }
  }
  return files;
}

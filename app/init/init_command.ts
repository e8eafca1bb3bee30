/** `legwork init`: writes a folder to begin with. */

import { whyUnreadable } from "../file_error.ts";
import type { Terminal } from "../terminal.ts";
import { apiFiles } from "./api_files.ts";
import { STARTER_FILES } from "./starter_files.ts";

/** Resolves with the exit code. A file that is there already stays as it is. */
export function init(folder: string, terminal: Terminal): number {
  const root = folder.replace(/[/\\]+$/, "") || "/";
  const files = { ...STARTER_FILES, ...apiFiles() };
  let written = 0;
  for (const [name, text] of Object.entries(files)) {
    const path = root === "." ? name : `${root}/${name}`;
    try {
      Deno.mkdirSync(path.replace(/[^/\\]*$/, "") || ".", { recursive: true });
      Deno.writeTextFileSync(path, text, { createNew: true });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) {
        terminal.out(`kept   ${path}`);
        continue;
      }
      const denied = error instanceof Deno.errors.NotCapable;
      terminal.err(
        denied
          ? `${path}: writing is not permitted, wanted: deno run -P --allow-write=${root} mod.ts init ${folder}`
          : `${path}: ${whyUnreadable(error)}`,
      );
      return 1;
    }
    written++;
    terminal.out(`wrote  ${path}`);
  }
  terminal.out(
    `${written} files written. Next: legwork test ${
      root === "." ? "" : `${root}/`
    }route.flow`,
  );
  return 0;
}

import type { ScriptFiles } from "../scripts/source.ts";
import { whyUnreadable } from "./file_error.ts";

/** Scripts on the disk. */
export const SCRIPT_FILES: ScriptFiles = {
  read(path: string): string {
    try {
      return Deno.readTextFileSync(path);
    } catch (error) {
      throw new Error(whyUnreadable(error));
    }
  },
};

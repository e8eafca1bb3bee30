/**
 * Where a running Legwork can be spoken to: a Unix socket in a folder that only its owner may enter. The folder is
 * the one place that deno.json lets Legwork write to.
 *
 * @module
 */

import type { Config } from "../config/schema.ts";

/** The folder of the sockets that nobody named. */
export const CONTROL_FOLDER = "/tmp/legwork";

/** The path that a configuration asks for, with the port of the first listener; undefined when it wants none. */
export function controlPath(
  { control }: Pick<Config, "control">,
  port: number,
): string | undefined {
  if (control === "off") return undefined;
  return control === "auto" ? `${CONTROL_FOLDER}/${port}.sock` : control;
}

/** Makes the folder; throws TypeError when somebody else could reach into it. */
export function prepareFolder(path: string): void {
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (folder !== CONTROL_FOLDER) return;
  try {
    Deno.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const { isDirectory, mode } = Deno.lstatSync(folder);
  if (!isDirectory || mode !== null && (mode & 0o077) !== 0) {
    throw new TypeError(
      `Cannot use ${folder}: others can reach into it, wanted a folder of mode 0700`,
    );
  }
}

/** Throws TypeError when the folder of a socket that was just made is somebody else's: who owns it could exchange it. */
export function checkOwner(path: string): void {
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (folder !== CONTROL_FOLDER) return;
  if (Deno.lstatSync(path).uid === Deno.lstatSync(folder).uid) return;
  throw new TypeError(`Cannot use ${folder}: it is another user's`);
}

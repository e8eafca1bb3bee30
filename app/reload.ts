/**
 * Sees that a script was saved. What is watched are the folders, not the files: most editors write a new file and
 * rename it over the old one, and a watch on the old one would never hear of it.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "node:path";

/** Settings of a {@linkcode FileWatch}. */
export interface FileWatchOptions {
  /** The files that matter, as this process opens them; asked again after each change. */
  readonly files: () => readonly string[];
  /** One or more of them changed, and then nothing for `quietMs`. It is not called again before it is done. */
  readonly onChange: () => Promise<void>;
  /** The folders cannot be watched any longer; changes go unseen from now on. */
  readonly onFault: (error: unknown) => void;
  /** An editor takes several steps to save one file. Default: 80. */
  readonly quietMs?: number;
}

/** Watches from construction until {@linkcode FileWatch.close}. */
export class FileWatch {
  readonly #options: FileWatchOptions;
  #watcher: Deno.FsWatcher | undefined;
  #folders = "";
  #files: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changing = false;
  #changedAgain = false;
  /** True while a folder is watched in place of one that is missing in it. */
  #waited = false;
  #closed = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#watch();
  }

  /** As if a file had changed just now. */
  poke(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#change(),
      this.#options.quietMs ?? 80,
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  async #change(): Promise<void> {
    if (this.#changing) {
      this.#changedAgain = true;
      return;
    }
    this.#changing = true;
    try {
      await this.#options.onChange();
    } catch (error) {
      this.#options.onFault(error);
    }
    this.#changing = false;
    if (this.#closed) return;
    this.#watch();
    if (!this.#changedAgain) return;
    this.#changedAgain = false;
    this.poke();
  }

  /** Watches what matters now; a script may import other files than before. */
  #watch(): void {
    const wanted = this.#options.files().flatMap((file) =>
      pathsOf(resolve(file))
    );
    const files = wanted.map(firstMissing);
    this.#files = new Set(files);
    const folders = [...new Set(files.map((file) => dirname(file)))].sort();
    const key = folders.join("\0");
    if (key === this.#folders || folders.length === 0) return;
    try {
      const watcher = Deno.watchFs(folders, { recursive: false });
      this.#watcher?.close();
      this.#watcher = watcher;
      this.#folders = key;
      // A folder that came may have had its file before it was watched.
      if (this.#waited) this.poke();
      this.#waited = files.some((file, index) => file !== wanted[index]);
      this.#follow(watcher);
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    try {
      for await (const event of watcher) {
        // Reading a file is an event too, and loading a script reads it.
        if (event.kind === "access") continue;
        if (event.paths.some((path) => this.#files.has(path))) this.poke();
      }
    } catch (error) {
      if (!this.#closed && watcher === this.#watcher) {
        this.#options.onFault(error);
      }
    }
  }
}

/**
 * The paths whose events mean that a file has another text: its own, as events spell it, and where it is a link, that
 * of its target. Kubernetes exchanges a link called `..data` beside a mounted file.
 */
function pathsOf(file: string): string[] {
  const folder = realPath(dirname(file));
  const own = join(folder, basename(file));
  const target = realPath(own);
  return target === own ? [own] : [own, target, join(folder, "..data")];
}

/** The path itself, or of a path whose folder is not there the outermost folder that is missing. */
function firstMissing(path: string): string {
  const folder = dirname(path);
  if (folder === path || exists(folder)) return path;
  return firstMissing(folder);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** An absolute path without links, as far as it exists. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

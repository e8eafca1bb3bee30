/** From the command line to a configuration, or to everything that is wrong with it. */

import type { RunSource } from "./args.ts";
import { parseConfig } from "./config/config.ts";
import type { Environment } from "./config/secret_check.ts";
import { defaultConfig } from "./config/default_config.ts";
import type { Config } from "./config/schema.ts";
import { environmentVariable } from "./environment.ts";
import { whyUnreadable } from "./file_error.ts";
import type { Path } from "./config/schema_tree.ts";
import { formatProblem, problemLine } from "./problem.ts";

/** A configuration and what was said about it, as lines for the terminal. */
export interface LoadedConfig {
  /** Present if and only if there are no problems. */
  readonly config?: Config;
  /** The paths of the scripts as this process opens them. */
  readonly scripts: readonly string[];
  readonly problems: readonly string[];
  /** What is right but has no effect in this version. */
  readonly notices: readonly string[];
  /** The line for a problem with the value at `path`; present with a configuration from a file. */
  readonly problemAt?:
    | ((path: Path, message: string) => string)
    | undefined;
}

/** Where passwords come from; default: the environment of this process. */
export interface LoadOptions {
  readonly environment?: Environment;
}

/** The configuration of `run`. */
export function loadConfig(
  source: RunSource,
  options: LoadOptions = {},
): LoadedConfig {
  switch (source.kind) {
    case "yaml":
      return loadYaml(source.file, options);
    case "scripts": {
      const { config, problem } = defaultConfig(source);
      if (config === undefined) return failed(problem);
      const missing = source.scripts.flatMap((file) => {
        const why = unreadable(file);
        return why === undefined ? [] : [`${file}: ${why}`];
      });
      if (missing.length > 0) return failed(...missing);
      return { config, scripts: source.scripts, problems: [], notices: [] };
    }
  }
}

/** The configuration in a YAML file. Its scripts are found from its own folder. */
export function loadYaml(
  file: string,
  { environment = environmentVariable }: LoadOptions = {},
): LoadedConfig {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    return failed(`${file}: ${whyUnreadable(error)}`);
  }
  const folder = file.slice(0, file.search(/[^/\\]*$/));
  const { config, problems, notices, problemAt } = parseConfig(text, file, {
    fileExists: (script) => unreadable(inFolder(folder, script)) === undefined,
    whyUnwritable: (name) => unwritable(inFolder(folder, name)),
    environment,
  });
  return {
    ...(config === undefined ? {} : {
      config: placed(config, folder),
      problemAt: (path, message) =>
        formatProblem(problemAt(path, message), text),
    }),
    scripts: (config?.scripts ?? []).map((script) => inFolder(folder, script)),
    problems: problems.map((problem) => formatProblem(problem, text)),
    notices: notices.map(problemLine),
  };
}

/** The configuration with its files as this process opens them. */
function placed(config: Config, folder: string): Config {
  const { script_store, registrar } = config;
  return {
    ...config,
    script_store: placedFile(script_store, folder),
    registrar: registrar && placedFile(registrar, folder),
  };
}

function placedFile<Block extends { file?: string | undefined }>(
  block: Block,
  folder: string,
): Block {
  const { file } = block;
  return file === undefined
    ? block
    : { ...block, file: inFolder(folder, file) };
}

function failed(...problems: string[]): LoadedConfig {
  return { scripts: [], problems, notices: [] };
}

function inFolder(folder: string, path: string): string {
  return /^(?:[/\\]|[A-Za-z]:)/.test(path) ? path : folder + path;
}

function unreadable(file: string): string | undefined {
  try {
    return Deno.statSync(file).isFile ? undefined : "it is no file";
  } catch (error) {
    return whyUnreadable(error);
  }
}

/** Why a file that need not be there yet cannot be kept, as far as can be seen without making it. */
function unwritable(file: string): string | undefined {
  try {
    if (Deno.statSync(file).isFile) return undefined;
    return "it is no file";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return whyUnreadable(error);
  }
  const folder = file.slice(0, file.search(/[^/\\]*$/)) || ".";
  try {
    return Deno.statSync(folder).isDirectory
      ? undefined
      : `${folder} is no folder`;
  } catch (error) {
    return `${folder}: ${whyUnreadable(error)}`;
  }
}

/** The command line program. */

import { readArgs } from "./args.ts";
import { control } from "./control/control_command.ts";
import { check } from "./check.ts";
import { demo } from "./demo/demo.ts";
import { helpText } from "./help.ts";
import { init } from "./init/init_command.ts";
import { replay } from "./replay/replay_command.ts";
import { run } from "./run.ts";
import { processTerminal, type Terminal } from "./terminal.ts";
import { test } from "./test_command.ts";
import { VERSION } from "./version.ts";

/**
 * Does what the arguments ask for and resolves with the exit code: 0 all well, 1 something failed or is wrong in a
 * file, 2 wrong usage. A mistake of ours comes out as one line too.
 */
export async function main(
  args: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  try {
    return await obey(args, terminal);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    terminal.err(`legwork failed: ${what}`);
    return 1;
  }
}

async function obey(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const command = readArgs(args);
  switch (command.name) {
    case "run":
      return await run(command, terminal);
    case "check":
      return await check(command.files, terminal);
    case "test":
      return await test(command, terminal);
    case "reload":
    case "calls":
    case "keepalives":
    case "trunks":
    case "registrations":
    case "explain":
    case "dtmf":
      return await control(command, terminal);
    case "init":
      return init(command.folder, terminal);
    case "replay":
      return await replay(command, terminal);
    case "demo":
      return await demo(command, terminal);
    case "version":
      terminal.out(`legwork ${VERSION}`);
      return 0;
    case "help":
      terminal.out(helpText(command.topic).trimEnd());
      return 0;
    case "wrong": {
      for (const problem of command.problems) {
        terminal.err(`legwork: ${problem}`);
      }
      const { topic } = command;
      terminal.err(
        `Try: legwork help${topic === undefined ? "" : ` ${topic}`}`,
      );
      return 2;
    }
  }
}

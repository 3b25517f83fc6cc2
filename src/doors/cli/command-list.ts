/** `fairlead commands`: the whole command line as data, for programs and coding agents. @module */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';

export interface ListedCommand {
  words: string;
  summary: string;
  arguments: { name: string; description: string; required: boolean; list: boolean }[];
  flags: { flags: string; description: string }[];
}

/** Every command that does something, in the order of the help. */
export function listCommands(program: Command): ListedCommand[] {
  return leaves(program, []);
}

function leaves(command: Command, above: readonly string[]): ListedCommand[] {
  return command.commands.flatMap((child) => {
    const words = [...above, child.name()];
    return child.commands.length > 0 ? leaves(child, words) : [listed(child, words)];
  });
}

function listed(command: Command, words: readonly string[]): ListedCommand {
  return {
    words: words.join(' '),
    summary: command.summary(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      required: argument.required,
      list: argument.variadic,
    })),
    flags: command.options.map(({ flags, description }) => ({ flags, description })),
  };
}

export async function commands(
  context: CommandContext,
  _words: readonly unknown[],
  _flags: ParsedFlags,
  program: Command,
): Promise<number> {
  const globalFlags = program.options.map(({ flags, description }) => ({ flags, description }));
  context.print.result(
    { globalFlags, commands: listCommands(program) },
    { rows: 'commands', columns: ['words', 'summary'] },
  );
  return 0;
}

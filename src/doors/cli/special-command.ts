/** A command that is more than the projection of one operation. @module */
import type { Command } from 'commander';
import type { ParsedFlags } from './command-input.js';
import type { CommandContext } from './command-context.js';

/** Runs it; gives the exit code. `program` is the whole command line, for commands that speak about it. */
export type RunSpecial = (
  context: CommandContext,
  words: readonly unknown[],
  flags: ParsedFlags,
  program: Command,
) => Promise<number>;

export interface SpecialCommand {
  /** As on the command line, e.g. `webhooks verify`. */
  words: string;
  summary: string;
  /** As commander takes them, e.g. `[path]`. */
  arguments?: readonly (readonly [name: string, description: string])[];
  flags?: readonly (readonly [flags: string, description: string])[];
  /** Flags that may be given more than once; their value is a list. */
  repeatable?: readonly (readonly [flags: string, description: string])[];
  examples?: readonly string[];
  /** Loaded when it runs, so that no command pays for another. */
  load: () => Promise<RunSpecial>;
}

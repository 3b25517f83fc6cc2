/** `fairlead completion <shell>`: a script that completes words and flags without starting Fairlead. @module */
import type { Command } from 'commander';
import { AppError } from '../../core/errors.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { listCommands, type ListedCommand } from './command-list.js';

const SHELLS = { bash, zsh, fish };

export async function completion(
  context: CommandContext,
  [shell]: readonly unknown[],
  _flags: ParsedFlags,
  program: Command,
): Promise<number> {
  const script = Object.entries(SHELLS).find(([name]) => name === shell)?.[1];
  if (script === undefined) {
    throw new AppError('invalid_argument', {
      argument: 'shell',
      problem: `there are ${Object.keys(SHELLS).join(', ')}`,
    });
  }
  const globalFlags = program.options.flatMap(({ long }) => (long == null ? [] : [long]));
  context.print.text(script(listCommands(program), globalFlags));
  return 0;
}

/** What can follow a path of words: the next words, and at the end of a path its flags. */
function followers(commands: readonly ListedCommand[]): Map<string, Set<string>> {
  const after = new Map<string, Set<string>>();
  const add = (path: string, word: string): void => {
    after.set(path, (after.get(path) ?? new Set()).add(word));
  };
  for (const { words, flags } of commands) {
    const parts = words.split(' ');
    parts.forEach((word, index) => add(parts.slice(0, index).join(' '), word));
    for (const { flags: text } of flags) add(words, /--[a-z-]+/.exec(text)?.[0] ?? '');
  }
  return after;
}

/** One `case` over the words so far; flags among them are not part of the path. */
function bash(commands: readonly ListedCommand[], globalFlags: readonly string[]): string {
  const cases = [...followers(commands)].map(([path, words]) => `    '${path}') words='${[...words].join(' ')}' ;;\n`);
  return `_fairlead() {
  local path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('')}  esac
  COMPREPLY=($(compgen -W "$words ${globalFlags.join(' ')}" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _fairlead fairlead
`;
}

/** zsh runs the functions of bash. */
function zsh(commands: readonly ListedCommand[], globalFlags: readonly string[]): string {
  return `#compdef fairlead
autoload -U +X bashcompinit && bashcompinit
${bash(commands, globalFlags)}`;
}

function fish(commands: readonly ListedCommand[], globalFlags: readonly string[]): string {
  const cases = [...followers(commands)].map(
    ([path, words]) => `    case '${path}'\n      printf '%s\\n' ${[...words].join(' ')}\n`,
  );
  return `function __fairlead_words
  set -l words (commandline -opc)
  set -l path (string match -v -- '-*' $words[2..-1])
  switch "$path"
${cases.join('')}  end
  printf '%s\\n' ${globalFlags.join(' ')}
end
complete -c fairlead -a '(__fairlead_words)'
`;
}

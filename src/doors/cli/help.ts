/** `fairlead help <topic>`: error codes and what concerns every command. @module */
import { ERRORS, AppError, type ErrorCode } from '../../core/errors.js';
import { errorIndex, errorPage, isErrorCode } from '../../core/error-page.js';
import { AGENT_MARKS } from './agent-marks.js';
import { VARIABLES, type ConnectorVariable } from './variables.js';
import type { CliWorld } from './world.js';

export const TOPICS = ['exit-codes', 'environment', 'errors', 'identity', 'topics'] as const;

const TOPIC_SUMMARIES: Record<(typeof TOPICS)[number], string> = {
  'exit-codes': 'what each exit code of a command means',
  environment: 'the variables that are honoured',
  errors: 'every error code; fairlead help <code> explains one',
  identity: 'as whom a command acts',
  topics: 'this list',
};

/** Plain text. @throws AppError `invalid_argument` with what there is. */
export async function helpPage(world: Pick<CliWorld, 'connectorVariables'>, topic: string): Promise<string> {
  if (isErrorCode(topic)) return errorPage(topic);
  switch (topic) {
    case 'exit-codes':
      return exitCodes();
    case 'environment':
      return environmentPage(await world.connectorVariables());
    case 'errors':
      return errorIndex();
    case 'identity':
      return identityPage();
    case 'topics':
      return TOPICS.map((name) => `${name.padEnd(12)} ${TOPIC_SUMMARIES[name]}\n`).join('');
  }
  const problem = `no command, error code or topic is called so; topics are ${TOPICS.join(', ')}`;
  throw new AppError('invalid_argument', { argument: topic, problem });
}

const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  0: 'done (also replayed, previewed, accepted)',
  1: 'failed, for a reason that has no code of its own here',
  2: 'usage: an unknown flag, a wrong argument, a question answered with no',
  3: 'not found',
  4: 'a credential, a scope or a connection is missing',
  5: 'it ran and was refused: it contradicts what is there',
  6: 'denied by policy',
  7: 'rate limited by the provider',
  8: 'pending: waits for approval, or the same call still runs',
  9: 'the provider is unavailable, or we are overloaded',
  10: 'outcome unknown: repeat only under the same key',
  11: 'a check did not pass (signature, audit log, doctor)',
  74: 'reading or writing failed, or the store is not usable',
  78: 'the configuration cannot be used',
  124: 'the time given by --timeout is over',
  130: 'stopped by Ctrl-C',
  143: 'stopped by SIGTERM',
};

function exitCodes(): string {
  const codesOf = (exit: number): ErrorCode[] =>
    (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].exit === exit);
  return Object.entries(EXIT_MEANINGS)
    .map(([exit, meaning]) => {
      const codes = codesOf(Number(exit));
      return `${exit.padStart(3)}  ${meaning}\n${codes.length === 0 ? '' : `     ${codes.join(', ')}\n`}`;
    })
    .join('');
}

const FORMS = `A secret of webhooks that is set opens /in/<provider> at start. A credential or a secret can be a reference:
env:NAME, file:PATH, exec:COMMAND. Placeholders count as unset. What .env in the working directory sets counts as well.
`;

const MAKES = { connection: 'calls to', source: 'webhooks of' } as const;

function environmentPage(aliases: readonly ConnectorVariable[]): string {
  const width = Math.max(...[...VARIABLES, ...aliases].map(({ name }) => name.length));
  const own = VARIABLES.map(({ name, says }) => `${name.padEnd(width)}  ${says}\n`).join('');
  const theirs = aliases
    .map(({ name, provider, makes }) => `${name.padEnd(width)}  ${MAKES[makes]} ${provider}\n`)
    .join('');
  return `${own}\nHonoured because teams set them already:\n${theirs}\n${FORMS}`;
}

function identityPage(): string {
  const marks = AGENT_MARKS.map(({ variable, client }) => `  ${variable.padEnd(18)} ${client}\n`).join('');
  return `A command acts as the first of these that fits:

  agent    when a coding agent's mark is in the environment; may read, write and operate, not administer
  api key  when FAIRLEAD_API_KEY is set
  person   at a terminal
  api key  otherwise (a script), under the name "local"

None of them can approve: that takes a login or a passphrase typed at a terminal.

Marks of coding agents (a name that ends in _ stands for all that begin with it):
${marks}`;
}

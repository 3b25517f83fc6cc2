/** The whole command line: commands from the table of operations and from the special ones, parsed by commander. @module */
import { Command, CommanderError } from 'commander';
import { AppError, toAppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { OPERATIONS, operationTable, type Operation } from '../../operations/index.js';
import { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';
import { EVERYTHING, GLOBAL_FLAGS, readGlobals, separateJson, type RawGlobals } from './globals.js';
import { helpPage, TOPICS } from './help.js';
import { describeCommand, planOf, runCommand } from './operation-command.js';
import { isSecretWord, namesSecret } from './secret-arguments.js';
import { SPECIAL_COMMANDS } from './special-commands.js';
import type { SpecialCommand } from './special-command.js';
import type { CliWorld, ConfigFlags } from './world.js';

/** What a parsed line asks for. */
type Chosen = (context: CommandContext) => Promise<number>;

const GROUPS: Readonly<Record<string, string>> = {
  source: 'Addresses that receive webhooks',
  event: 'Verified webhooks, and running their handlers again',
  policy: 'Who may do what',
  approval: 'Calls that a person has to agree to',
  approver: 'The people who may approve',
  key: 'Keys for programs and agents',
  dead: 'Jobs that used up their attempts',
  job: 'Units of queued work',
  queue: 'How much waits for each handler',
  call: 'What was sent to providers, and what it came to',
  action: 'Typed operations of the connectors',
  'action run': 'Calls a provider, e.g. fairlead action run slack.sendMessage',
  audit: 'Who did what: search, export, verification',
  webhooks: 'Signatures of deliveries',
  mcp: 'Tools for agents',
  agent: 'What the clients of agents know of Fairlead',
  release: 'Workflow: release notes',
  triage: 'Workflow: from a support list to issues',
  plan: 'Workflow: a change of plan, shown before it is made',
  billing: 'Workflow: payments recorded from verified events',
  state: 'Where the things stand that handlers move',
  spec: 'What a provider can be asked for, by words',
  connection: 'Accounts at providers that calls go through',
  person: 'People who have signed in, and their roles',
  tenant: 'Whose data it is: customers kept apart',
  client: 'Programs that may ask people for access',
  grant: 'What people have given to programs',
  secret: 'Secrets by name, in the vault',
  vault: 'The keys under which secrets are sealed',
  contacts: 'Mailing lists: a CSV file of contacts brought in',
  connector: 'Connectors of your own',
  db: 'The database under the store',
};

/** Commands that speak about all the others. Actions are many and their connectors take time to load. */
const OVERVIEWS = new Set(['help', 'commands', 'completion']);

/** Runs the line and prints its result or its error. @returns the exit code. */
export async function runProgram(world: CliWorld): Promise<number> {
  const argv = separateJson(world.argv);
  let chosen: Chosen | undefined;
  let context: CommandContext | undefined;
  let program: Command | undefined;
  try {
    const first = firstWord(argv);
    const overview = first === undefined || OVERVIEWS.has(first);
    const table =
      overview || first === 'action' ? operationTable(await world.connectors(configFlags(argv))) : OPERATIONS;
    program = buildProgram(table, world, overview ? undefined : first, (run) => (chosen = run));
    if (argv.length === 0) return (program.outputHelp(), 0);
    await program.parseAsync(argv, { from: 'user' });
    context = new CommandContext(world, readGlobals(program.opts<RawGlobals>()), configFlags(argv));
    const exit = chosen === undefined ? 0 : await chosen(context);
    await context.close();
    return exit;
  } catch (thrown) {
    await context?.abandon().catch((error: unknown) => world.log('error', 'closing failed', { cause: String(error) }));
    return reportFailure(world, thrown, program);
  }
}

/** The commander program; only the commands under `only` get their flags, unless it is absent. */
export function buildProgram(
  table: readonly Operation[],
  world: Pick<CliWorld, 'version' | 'stdout' | 'stderr'>,
  only: string | undefined,
  choose: (run: Chosen) => void,
): Command {
  const program = new Command('fairlead')
    .description('Verified webhooks in, safe calls out, and an audit log that shows tampering.')
    .version(world.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: false, helpWidth: Math.min(world.stdout.columns, 120) })
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: () => {},
    })
    .exitOverride()
    .showSuggestionAfterError(true)
    .helpCommand(false);
  for (const [flags, description] of GLOBAL_FLAGS) program.option(flags, description);
  program.addHelpText('before', FIRST_STEPS);
  program.addHelpText('afterAll', ({ command }) => (command === program ? '' : GLOBAL_HINT));
  for (const [words, summary] of Object.entries(GROUPS))
    commandAt(program, words.split(' ')).summary(summary).description(summary);
  const special = new Set(SPECIAL_COMMANDS.map(({ words }) => words));
  for (const operation of table) {
    if (!special.has(operation.cli.words)) addOperation(program, operation, only, choose);
  }
  for (const command of SPECIAL_COMMANDS) addSpecial(program, command, choose);
  addHelp(program, choose);
  return program;
}

const FIRST_COMMANDS = [
  ['fairlead dev', 'try it: a server, simulated providers, one source'],
  ['fairlead source create github', 'an address for webhooks, and its secret'],
  ['fairlead event list --since 1h', 'what came in'],
  ['fairlead help topics', 'exit codes, variables, error codes'],
] as const;
const FIRST_STEPS = `Examples:\n${FIRST_COMMANDS.map(([line, says]) => `  ${line.padEnd(34)}${says}\n`).join('')}\n`;

const GLOBAL_HINT = '\nEvery command also takes --json, --env, --dry-run, --timeout and more: see fairlead --help\n';

function addOperation(
  program: Command,
  operation: Operation,
  only: string | undefined,
  choose: (run: Chosen) => void,
): void {
  const words = operation.cli.words.split(' ');
  const command = commandAt(program, words).summary(operation.summary).description(operation.summary);
  if (only !== undefined && words[0] !== only) return;
  const plan = planOf(operation);
  describeCommand(command, operation, plan);
  command.action((...given: unknown[]) => {
    const [flags, positional] = [given.at(-2) as ParsedFlags, given.slice(0, -2)];
    choose((context) => runCommand(context, operation, plan, positional, flags));
  });
}

function addSpecial(program: Command, special: SpecialCommand, choose: (run: Chosen) => void): void {
  const command = commandAt(program, special.words.split(' ')).summary(special.summary).description(special.summary);
  for (const [name, description] of special.arguments ?? []) command.argument(name, description);
  for (const [flags, description] of special.flags ?? []) command.option(flags, description);
  for (const [flags, description] of special.repeatable ?? []) {
    const collect = (item: string, before: string[] | undefined): string[] => [...(before ?? []), item];
    command.option(flags, `${description} (repeatable)`, collect);
  }
  if (special.examples !== undefined) {
    command.addHelpText('before', `Examples:\n${special.examples.map((line) => `  ${line}\n`).join('')}`);
  }
  command.action((...given: unknown[]) => {
    const [flags, positional] = [given.at(-2) as ParsedFlags, given.slice(0, -2)];
    choose(async (context) => await (await special.load())(context, positional, flags, program));
  });
}

/** `fairlead help exit-codes`, `fairlead help port_in_use`, `fairlead help source create`. */
function addHelp(program: Command, choose: (run: Chosen) => void): void {
  program
    .command('help')
    .summary('Explains a command, an error code or a topic')
    .description('Explains a command, an error code or a topic')
    .argument('[topic...]', `a command, an error code, or one of ${TOPICS.join(', ')}`)
    .action((topic: string[]) => {
      choose(async (context) => {
        const words = topic.join(' ');
        const command = topic.length === 0 ? program : findCommand(program, topic);
        if (command !== undefined) return (command.outputHelp(), 0);
        context.print.text(await helpPage(context.world, words));
        return 0;
      });
    });
}

/** The command at a path of words, made where it is missing. */
function commandAt(program: Command, words: readonly string[]): Command {
  return words.reduce(
    // Commander copies how errors and help are written from the parent to a command it makes.
    (parent, word) =>
      parent.commands.find((command) => command.name() === word) ?? parent.command(word).helpCommand(false),
    program,
  );
}

export function findCommand(program: Command, words: readonly string[]): Command | undefined {
  return words.reduce<Command | undefined>(
    (parent, word) => parent?.commands.find((command) => command.name() === word),
    program,
  );
}

/** The first word that is no flag and no value of one. */
function firstWord(argv: readonly string[]): string | undefined {
  const valued = new Set(GLOBAL_FLAGS.filter(([flags]) => flags.includes(' <')).map(([flags]) => flags.split(' ')[0]!));
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (!arg.startsWith('-')) return arg;
    if (valued.has(arg)) i += 1;
  }
  return undefined;
}

/** The flags that take part in the configuration, read before the line is parsed: connectors come from there, too. */
function configFlags(argv: readonly string[]): ConfigFlags {
  const valueOf = (flag: string): string | undefined => {
    const index = argv.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
    if (index < 0) return undefined;
    return argv[index] === flag ? argv[index + 1] : argv[index]!.slice(flag.length + 1);
  };
  const listens = ['serve', 'dev', 'mcp'].includes(firstWord(argv) ?? '');
  const found = {
    dataDir: valueOf('--data-dir'),
    configPath: valueOf('--config'),
    host: listens ? valueOf('--host') : undefined,
    port: listens ? valueOf('--port') : undefined,
    role: firstWord(argv) === 'serve' ? valueOf('--role') : undefined,
    proxy: listens ? valueOf('--proxy') : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Prints what made a command end, for people or as JSON, and gives the exit code of it. */
export function reportFailure(world: CliWorld, thrown: unknown, program?: Command): number {
  const { argv } = world;
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  const error =
    thrown instanceof CommanderError
      ? usageError(thrown, argv, program)
      : toAppError(thrown, () => newReference(world));
  if (error === undefined) return 2;
  if (error.code === 'internal') world.log('error', 'a command failed', { cause: error.cause });
  const json = argv.some((arg) => arg.startsWith('--json'));
  const globals = readGlobals({
    json: json ? EVERYTHING : undefined,
    color: !argv.includes('--no-color'),
  } as RawGlobals);
  new CommandContext(world, globals).print.error(error.view());
  return error.row.exit;
}

function newReference(world: CliWorld): string {
  return newId('call', world.clock, world.random);
}

/** Commander quotes what was typed; a secret that was typed must not be printed back. */
function usageError(thrown: CommanderError, argv: readonly string[], program?: Command): AppError | undefined {
  // A noun without its verb: the help of the noun was printed.
  if (thrown.code === 'commander.help') return undefined;
  const flag = /unknown option '([^']*)'/s.exec(thrown.message)?.[1];
  if (flag !== undefined && namesSecret(flag)) {
    return new AppError('secret_in_argument', { argument: flag.replace(/=.*$/s, '') });
  }
  if (argv.some(isSecretWord)) return new AppError('secret_in_argument', { argument: 'a word of the command line' });
  const isSurplus = thrown.code === 'commander.excessArguments';
  const hint = isSurplus && takesSecret(program, argv) ? SECRETS_ENTER : '';
  const problem = thrown.message
    .replace(/^error: /, '')
    .replace(/('--?[\w-]+)=[^']*'/g, "$1'")
    .replace(/\n/g, ' ')
    .concat(hint);
  const argument = flag?.replace(/=.*$/s, '') ?? 'command line';
  return new AppError('invalid_argument', { argument, problem });
}

const SECRETS_ENTER = ' A secret enters by stdin, a file, a prompt or a reference, never as a word: see --help.';

/** Whether the command that the words lead to can be given a secret in one of the ways that are safe. */
function takesSecret(program: Command | undefined, argv: readonly string[]): boolean {
  const words = argv.filter((arg) => !arg.startsWith('-'));
  const paths = words.map((_, index) => words.slice(0, index + 1));
  const command = paths.reduce((found, path) => (program && findCommand(program, path)) ?? found, program);
  return command?.options.some(({ long }) => long?.endsWith('-stdin') === true) === true;
}

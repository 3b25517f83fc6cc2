/** An operation as a command: its words, arguments and flags from the table, its result as text or JSON. @module */
import { Option, type Command } from 'commander';
import type { CallResult, CallResultState } from '../../core/call.js';
import { AppError, ERRORS } from '../../core/errors.js';
import type { TextStream } from '../../core/operation.js';
import { inputFields, type InputField, type Operation } from '../../operations/index.js';
import { gatherInput, kebab, type FieldFlag, type InputPlan, type ParsedFlags } from './command-input.js';
import type { CommandContext } from './command-context.js';
import { GLOBAL_FLAGS } from './globals.js';
import { humanTimes } from './human-times.js';

/** Long names of the global flags, and what every command has. */
const TAKEN = new Set([
  ...GLOBAL_FLAGS.map(([flags]) => /--(?:no-)?([a-z-]+)/.exec(flags)![1]!),
  'input-file',
  'help',
  'version',
]);

export function planOf(operation: Operation): InputPlan {
  const fields = inputFields(operation);
  const { positional = [], secretInput, secretFor } = operation.cli;
  const isCall = operation.audit === 'call';
  const byName = (name: string): InputField[] => fields.filter((field) => field.name === name);
  const secret = secretInput === undefined ? undefined : byName(secretInput)[0];
  return {
    positional: positional.flatMap(byName),
    flags: fields
      .filter(({ name }) => !positional.includes(name) && name !== secretInput)
      .map((field) => flagOf(field, isCall)),
    ...(secret === undefined ? {} : { secret }),
    ...(secretFor === undefined ? {} : { secretFor }),
  };
}

/** What every call of an action takes beside the fields of its input. */
const CONNECTION_FLAG = 'connection';

function flagOf(field: InputField, isCall: boolean): FieldFlag {
  const own = kebab(field.name);
  const flag = TAKEN.has(own) || (isCall && own === CONNECTION_FLAG) ? `field-${own}` : own;
  return { field, flag, attribute: flag.replace(/-([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()) };
}

/** Gives the command its arguments and flags. */
export function describeCommand(command: Command, operation: Operation, plan: InputPlan): Command {
  for (const field of plan.positional) command.argument(argumentOf(field), field.description ?? '');
  for (const { field, flag } of plan.flags) command.addOption(optionOf(field, flag));
  if (plan.secret !== undefined) {
    const { description = 'the secret' } = plan.secret;
    const name = kebab(plan.secret.name);
    const what = plan.secretFor === undefined ? description : `the passphrase ${description}`;
    command.option(`--${name}-file <file>`, `file with ${what}`);
    command.option(`--${name}-stdin`, 'read it from stdin');
    const forms = 'a reference to it: env:NAME, file:PATH, exec:COMMAND, vault:NAME';
    if (plan.secretFor === undefined) command.option(`--${name} <reference>`, forms);
  }
  if (operation.audit === 'call') {
    command.option(`--${CONNECTION_FLAG} <id>`, 'the connection to go through; env:<provider> for a variable');
  }
  command.option('--input-file <file>', 'the whole input as JSON (- is stdin)');
  if (operation.cli.examples !== undefined) {
    command.addHelpText('before', `Examples:\n${operation.cli.examples.map((line) => `  ${line}\n`).join('')}`);
  }
  return command;
}

/** Arguments may be missing on the line, because `--input-file` may bring them; the schema has the last word. */
function argumentOf(field: InputField): string {
  return field.kind === 'list' ? `[${field.name}...]` : `[${field.name}]`;
}

function optionOf(field: InputField, flag: string): Option {
  const { description = '', choices, defaultValue } = field;
  const more = [
    ...(choices === undefined ? [] : [choices.join(' | ')]),
    ...(defaultValue === undefined || defaultValue === false ? [] : [`default ${JSON.stringify(defaultValue)}`]),
    ...(field.required ? ['required'] : []),
  ].join('; ');
  const text = [description, more === '' ? '' : `(${more})`].filter(Boolean).join(' ');
  if (field.kind === 'boolean') {
    return defaultValue === true
      ? new Option(`--no-${flag}`, `turns off: ${description}`)
      : new Option(`--${flag}`, text);
  }
  const value = { text: 'text', number: 'number', list: 'item', json: 'json|@file' }[field.kind];
  if (field.kind !== 'list') return new Option(`--${flag} <${value}>`, text);
  const collect = (item: string, before: string[] | undefined): string[] => [...(before ?? []), item];
  return new Option(`--${flag} <${value}>`, `${text} (repeatable)`.trim()).argParser(collect);
}

/** Runs the operation and prints what it came to. @returns the exit code. */
export async function runCommand(
  context: CommandContext,
  operation: Operation,
  plan: InputPlan,
  words: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const input = await gatherInput(context.world, plan, words, flags, context.globals.mayAsk);
  const connection = operation.audit === 'call' ? flags[CONNECTION_FLAG] : undefined;
  return await runWith(context, operation, input, typeof connection === 'string' ? { connection } : {});
}

/** As {@link runCommand}, with an input that is there already. */
export async function runWith(
  context: CommandContext,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
  extra: { connection?: string } = {},
): Promise<number> {
  await permitLive(context, operation, input);
  if (operation.streams !== undefined) {
    const isJson = operation.streams(input as never) === 'application/x-ndjson';
    const companion = await context.call(operation, input, { onText: (text) => context.print.stream(text, isJson) });
    context.print.companion(companion as TextStream['companion']);
    return 0;
  }
  const isCall = operation.audit === 'call';
  const output = await context.call(operation, input, extra);
  context.print.result(isCall ? callForPeople(context, output as CallResult) : output, operation.cli.table);
  noteNextPage(context, output);
  const { note } = operation.cli;
  if (note !== undefined && context.globals.json === undefined) context.print.note(note);
  if (isCall) return exitOfCall(context, output as CallResult);
  // What checks something and found fault has done its work, and says so by its exit code.
  return (output as { ok?: unknown } | undefined)?.ok === false ? ERRORS.verification_failed.exit : 0;
}

/** What the provider answered is shown as it is. */
function callForPeople({ globals, world }: CommandContext, result: CallResult): unknown {
  const { endedAtMs, ...rest } = result;
  if (globals.json !== undefined || endedAtMs === undefined) return result;
  return { ...rest, ...(humanTimes({ endedAtMs }, world.clock.nowMs()) as object) };
}

/** What changes something in live says so twice, and what cannot be undone is asked about. */
export async function permitLive(
  context: CommandContext,
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  const environment = await context.environment();
  const { live, dryRun, yes, mayAsk } = context.globals;
  if (environment !== 'live') {
    if (live) throw invalid('live', 'it goes with --env live; this is sandbox');
    return;
  }
  if (operation.effect === 'read' || dryRun) return;
  if (!live) throw invalid('live', `${operation.name} changes something in live; add --live if that is meant`);
  if ((operation.effect !== 'delete' && operation.effect !== 'pay') || yes) return;
  const first = operation.cli.positional?.[0];
  const name = String((first === undefined ? undefined : input[first]) ?? operation.name);
  if (!mayAsk || !context.world.stdin.isTty) throw invalid('yes', `add --yes to confirm ${operation.name} in live`);
  const typed = await context.world.ask(`${operation.summary}, in live. Type ${name} to go on: `, { hidden: false });
  if (typed?.trim() !== name) throw invalid('confirmation', 'the name did not match');
}

function noteNextPage(context: CommandContext, output: unknown): void {
  const cursor = (output as { cursor?: unknown } | undefined)?.cursor;
  if (typeof cursor === 'string' && context.globals.json === undefined) context.print.note(`More: --cursor ${cursor}`);
}

const STATE_EXIT: Record<CallResultState, number> = {
  done: 0,
  replayed: 0,
  previewed: 0,
  pending_approval: ERRORS.approval_required.exit,
  running: ERRORS.call_in_flight.exit,
  unknown: ERRORS.outcome_unknown.exit,
  denied: ERRORS.policy_denied.exit,
  expired: ERRORS.policy_denied.exit,
  failed: ERRORS.internal.exit,
};

function exitOfCall(context: CommandContext, result: CallResult): number {
  if (result.error === undefined) return STATE_EXIT[result.state];
  if (STATE_EXIT[result.state] === 0) return 0;
  context.print.error(result.error);
  return ERRORS[result.error.code].exit;
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}

/** `fairlead approval approve|reject`, `fairlead approver add|remove`: a person at a terminal, by a passphrase that is typed. @module */
import { AppError } from '../../core/errors.js';
import { operationNamed } from '../../operations/index.js';
import { agentOf } from './agent-marks.js';
import type { CommandContext } from './command-context.js';
import type { ParsedFlags } from './command-input.js';

const SHOW = operationNamed('approvals.get');
const PEOPLE = operationNamed('approvers.list');
const ADD = operationNamed('approvers.add');
const REMOVE = operationNamed('approvers.remove');

export const approve = (context: CommandContext, words: readonly unknown[], flags: ParsedFlags): Promise<number> =>
  decide(context, 'approve', words, flags);

export const reject = (context: CommandContext, words: readonly unknown[], flags: ParsedFlags): Promise<number> =>
  decide(context, 'reject', words, flags);

/** What is decided is shown in full before the passphrase is asked for. */
async function decide(
  context: CommandContext,
  verb: 'approve' | 'reject',
  [id]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  const operation = operationNamed(`approvals.${verb}`);
  requirePerson(context, operation.name);
  const shown = (await context.call(SHOW, { id: String(id) })) as Record<string, unknown>;
  if (shown['state'] === 'pending') context.print.note(describe(shown));
  const approver = await approverOf(context, flags['as']);
  const passphrase = await askPassphrase(context, `Passphrase of ${approver}, to ${verb} ${String(id)}: `);
  const note = typeof flags['note'] === 'string' ? { note: flags['note'] } : {};
  const output = await context.call(operation, { id: String(id), approver, passphrase, ...note });
  context.print.result(output);
  return 0;
}

export async function addApprover(
  context: CommandContext,
  [name]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  requirePerson(context, ADD.name);
  const passphrase = await askPassphrase(context, `A passphrase for ${String(name)}, at least 12 characters: `);
  const again = await askPassphrase(context, 'Once more: ');
  if (again !== passphrase) throw invalid('passphrase', 'the two are not the same');
  const voucher = (await approvers(context)).length === 0 ? {} : await vouch(context, flags['as']);
  context.print.result(await context.call(ADD, { name: String(name), passphrase, ...voucher }));
  context.print.note('It is kept nowhere: who forgets it is removed and added again by another approver.');
  return 0;
}

export async function removeApprover(
  context: CommandContext,
  [name]: readonly unknown[],
  flags: ParsedFlags,
): Promise<number> {
  requirePerson(context, REMOVE.name);
  context.print.result(await context.call(REMOVE, { name: String(name), ...(await vouch(context, flags['as'])) }));
  return 0;
}

async function vouch(context: CommandContext, as: unknown): Promise<{ by: string; byPassphrase: string }> {
  const by = await approverOf(context, as);
  return { by, byPassphrase: await askPassphrase(context, `Passphrase of ${by}, who vouches for it: `) };
}

async function approvers(context: CommandContext): Promise<string[]> {
  const output = (await context.call(PEOPLE, {})) as { approvers: { name: string }[] };
  return output.approvers.map(({ name }) => name);
}

async function approverOf(context: CommandContext, as: unknown): Promise<string> {
  if (typeof as === 'string') return as;
  const names = await approvers(context);
  if (names.length === 1) return names[0]!;
  if (names.length > 1) throw invalid('as', `say who decides: --as ${names.join(' | ')}`);
  throw new AppError('not_an_approver', {
    problem: 'Nobody is enrolled as an approver yet: fairlead approver add NAME.',
  });
}

/** A guard against accidents: what holds is the passphrase, which no process has (docs/security.md). */
function requirePerson({ world, globals }: CommandContext, operation: string): void {
  const client = agentOf(world.variables);
  const refuse = (reason: string): never => {
    throw new AppError('policy_denied', { operation, environment: globals.env ?? 'sandbox and live', reason });
  };
  if (client !== undefined) refuse(`this process carries the marks of an agent (${client})`);
  if (!world.stdin.isTty || !globals.mayAsk) refuse('a person has to type a passphrase at a terminal');
}

async function askPassphrase({ world }: CommandContext, question: string): Promise<string> {
  const typed = (await world.ask(question, { hidden: true })) ?? '';
  if (typed === '') throw invalid('passphrase', 'it is empty');
  return typed;
}

function describe(shown: Record<string, unknown>): string {
  const { id: _id, digest: _digest, request, ...facts } = shown;
  const lines = Object.entries(facts).map(([name, value]) => `  ${name}: ${textOf(value)}`);
  return [
    `${String(shown['by'])} asks for ${String(shown['action'])}:`,
    ...lines,
    '  It sends exactly this:',
    requestText(request),
  ].join('\n');
}

function requestText(request: unknown): string {
  const { method, url, headers = {}, body = '' } = request as Record<string, string & Record<string, string>>;
  const head = Object.entries(headers).map(([name, value]) => `    ${name}: ${value}`);
  return [
    `    ${method} ${url}`,
    ...head,
    '',
    ...String(body)
      .split('\n')
      .map((line) => `    ${line}`),
  ].join('\n');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}

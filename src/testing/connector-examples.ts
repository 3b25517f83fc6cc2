/** Plays the examples of a connector: look-ups, reconciliations, identity. @module */
import { isDeepStrictEqual } from 'node:util';
import type {
  ActionDefinition,
  ConnectionView,
  ConnectorDefinition,
  ExampleAnswer,
  ReconcileExample,
} from '../core/connector.js';
import type { HttpAnswer } from '../core/ports.js';
import type { Verdict } from '../core/verdict.js';

/** The key that example requests carry. */
export const EXAMPLE_MARK = 'example-key';

export function answerOf({ status = 200, headers = {}, body = '' }: ExampleAnswer): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: Buffer.from(text), truncated: false };
}

/** The input after its look-ups, each answered by the next of `answers`; a problem when they do not lead to an id. */
export function resolvedInput(
  action: ActionDefinition,
  input: unknown,
  answers: readonly ExampleAnswer[] = [],
): { input: unknown; problem?: string } {
  const left = answers.map(answerOf);
  let resolved = input;
  for (const { what, name, read, apply, optional } of action.lookups ?? []) {
    const sought = name(resolved);
    if (sought === undefined || (optional === true && left.length === 0)) continue;
    const verdict = follow(left, (answer, step) => read(answer, sought, step));
    if (verdict.is !== 'found') return { input: resolved, problem: `the look-up of the ${what} ends ${verdict.is}` };
    resolved = apply(resolved, verdict.value);
  }
  return { input: resolved, ...(left.length > 0 && { problem: 'there are more answers than look-ups' }) };
}

function follow<Found>(
  answers: HttpAnswer[],
  read: (answer: HttpAnswer, step: number) => Verdict<Found>,
): Exclude<Verdict<Found>, { is: 'next' }> {
  for (let step = 1; ; step++) {
    const answer = answers.shift();
    if (answer === undefined) return { is: 'undecided' };
    const verdict = read(answer, step);
    if (verdict.is !== 'next') return verdict;
  }
}

/** Every action that can be reconciled shows both ends: found, and not there. */
export function reconcileProblems(
  connector: ConnectorDefinition,
  name: string,
  action: ActionDefinition,
  view: ConnectionView,
): string[] {
  const examples = connector.examples?.reconciles?.[name] ?? [];
  if (action.reconcile === undefined) return examples.length > 0 ? ['reconciles: it cannot be looked up'] : [];
  const missing = [
    action.reconcile.onlyDenies === true ||
      examples.some(({ means }) => typeof means === 'object') ||
      'reconciles: there is none that is found',
    // What is looked up in an index that lags can be confirmed and never denied.
    examples.some(({ means }) => typeof means === 'string') || 'reconciles: there is none that is not found',
  ].filter((problem) => problem !== true);
  return [...missing, ...examples.flatMap((example) => reconcileProblem(action, example, view))];
}

function reconcileProblem(action: ActionDefinition, example: ReconcileExample, view: ConnectionView): string[] {
  const { request, read } = action.reconcile!;
  const parsed = action.input.safeParse(example.input);
  if (!parsed.success) return ['reconciles: its input is not accepted'];
  if (request(parsed.data, EXAMPLE_MARK, view, 0).method !== 'GET' && action.effect === 'read') {
    return ['reconciles: a read needs none'];
  }
  const answers = example.answers.map(answerOf);
  const verdict = follow(answers, (answer, step) => read(answer, parsed.data, EXAMPLE_MARK, step, 0));
  const came = verdict.is === 'found' ? { found: verdict.value } : verdict.is;
  if (!isDeepStrictEqual(came, example.means)) return [`reconciles: it comes to ${JSON.stringify(came)}`];
  if (verdict.is !== 'found') return [];
  return action.output.safeParse(verdict.value).success ? [] : ['reconciles: what is found does not fit the output'];
}

export function identityProblems({ identity, examples }: ConnectorDefinition): string[] {
  if (identity === undefined) return [];
  const example = examples?.identity;
  if (example === undefined) return ['examples: identity has none'];
  const read = identity.read(answerOf(example.answer));
  return isDeepStrictEqual(read, example.is) ? [] : [`identity reads ${JSON.stringify(read)}`];
}

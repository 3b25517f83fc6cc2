/** The arguments that every write takes beside the input of its operation. @module */
import { AppError } from '../../core/errors.js';
import type { JsonSchema, Operation } from '../../operations/index.js';
import type { McpCall } from './calls.js';

export const CONTROLS: Readonly<Record<'dryRun' | 'repeat' | 'idempotencyKey', JsonSchema>> = {
  dryRun: { type: 'boolean' },
  repeat: { type: 'boolean' },
  idempotencyKey: { type: 'string' },
};

/** Which of them an operation takes. A name that its input has already is the operation's. */
export function controlsOf(operation: Operation, names: readonly string[]): Record<string, JsonSchema> {
  if (operation.effect === 'read') return {};
  const taken =
    operation.audit === 'call'
      ? Object.entries(CONTROLS).filter(([name]) => operation.effect !== 'pay' || name !== 'repeat')
      : Object.entries(CONTROLS).filter(([name]) => name === 'dryRun' && operation.previews === true);
  return Object.fromEntries(taken.filter(([name]) => !names.includes(name)));
}

/** Parts the controls from the input. @throws AppError `invalid_argument` for a control of another type. */
export function separateControls(
  controls: Readonly<Record<string, JsonSchema>>,
  given: Readonly<Record<string, unknown>>,
): { input: Record<string, unknown>; call: Pick<McpCall, 'dryRun' | 'repeat' | 'idempotencyKey'> } {
  const input: [string, unknown][] = [];
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(controls, name)) input.push([name, value]);
    else if (value !== undefined && value !== null) found[name] = typed(name, controls[name]!, value);
  }
  const { dryRun = false, repeat = false, idempotencyKey } = found as Partial<McpCall>;
  const call = { dryRun, repeat, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
  return { input: Object.fromEntries(input), call };
}

function typed(name: string, { type }: JsonSchema, value: unknown): unknown {
  // A misspelt "true" must not become a real call.
  if (typeof value === type) return value;
  throw new AppError('invalid_argument', {
    argument: name,
    problem: `it must be ${type === 'string' ? 'text' : 'true or false'}`,
  });
}

/** What core asks of a schema library: a strict, synchronous check with paths. zod 4 fits as it is. @module */
import { AppError } from './errors.js';
import { valueAt } from './json.js';

export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly code?: string | undefined;
  /** Of `invalid_type`. */
  readonly expected?: string | undefined;
  /** Of `too_small` and `too_big`: what is counted, and the bound. */
  readonly origin?: string | undefined;
  readonly minimum?: number | bigint | undefined;
  readonly maximum?: number | bigint | undefined;
  readonly inclusive?: boolean | undefined;
  readonly message: string;
}

export interface Schema<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: { readonly issues: readonly SchemaIssue[] } };
}

export type OutputOf<S> = S extends Schema<infer Output> ? Output : never;

/** The first issue of `value` as `path: message`, for an error a person reads. */
export function describeIssue(issues: readonly SchemaIssue[], value: unknown): { path: string; message: string } {
  const first = issues[0];
  const path = first?.path.map(String).join('.') ?? '';
  // A refinement may speak of a field that is rightly absent; of a wrong type, absence is the cause.
  const isMissing = first?.code === 'invalid_type' && path !== '' && valueAt(value, path) === undefined;
  return {
    path: path || 'input',
    message: isMissing ? 'it is missing' : (plainWords(first) ?? first?.message ?? 'not valid'),
  };
}

const TYPES: Readonly<Record<string, string>> = {
  number: 'it is no number',
  int: 'it must be a whole number',
  string: 'it must be text',
  boolean: 'it must be true or false',
  array: 'it must be a list',
  object: 'it must be an object',
};
const COUNTED: Readonly<Record<string, string>> = { number: '', int: '', string: ' characters', array: ' entries' };

/** The commonest mistakes in words of ours; the library's speak of types. `undefined` leaves it to the library. */
function plainWords(issue: SchemaIssue | undefined): string | undefined {
  if (issue?.code === 'invalid_type') return TYPES[issue.expected ?? ''];
  const counted = COUNTED[issue?.origin ?? ''];
  if (issue === undefined || counted === undefined || issue.inclusive === false) return undefined;
  if (issue.code === 'too_big') return `it must be at most ${issue.maximum}${counted}`;
  return issue.code === 'too_small' ? `it must be at least ${issue.minimum}${counted}` : undefined;
}

/** What the schema makes of an input that somebody gave. @throws AppError `invalid_argument` with the first issue. */
export function checkedInput<Output>(schema: Schema<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { path, message } = describeIssue(parsed.error.issues, input);
  throw new AppError('invalid_argument', { argument: path, problem: message });
}

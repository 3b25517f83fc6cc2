/** What core asks of a schema library: a strict, synchronous check with paths. zod 4 fits as it is. @module */
import { AppError } from './errors.js';
import { valueAt } from './json.js';

export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly code?: string | undefined;
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
  return { path: path || 'input', message: isMissing ? 'it is missing' : (first?.message ?? 'not valid') };
}

/** What the schema makes of an input that somebody gave. @throws AppError `invalid_argument` with the first issue. */
export function checkedInput<Output>(schema: Schema<Output>, input: unknown): Output {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { path, message } = describeIssue(parsed.error.issues, input);
  throw new AppError('invalid_argument', { argument: path, problem: message });
}

/** What core asks of a schema library: a strict, synchronous check with paths. zod 4 fits as it is. @module */

export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface Schema<Output> {
  safeParse(
    value: unknown,
  ): { success: true; data: Output } | { success: false; error: { readonly issues: readonly SchemaIssue[] } };
}

export type OutputOf<S> = S extends Schema<infer Output> ? Output : never;

/** The first issue as `path: message`, for an error a person reads. */
export function describeIssue(issues: readonly SchemaIssue[]): { path: string; message: string } {
  const first = issues[0];
  return { path: first?.path.map(String).join('.') || 'input', message: first?.message ?? 'not valid' };
}

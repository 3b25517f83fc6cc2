/** Objects against the provider's own example of one: names of fields, and kinds of values where both have some. @module */

export function fixtureProblems(where: string, value: unknown, example: unknown): string[] {
  if (value === null || example === null || value === undefined || example === undefined) return [];
  if (kindOf(value) !== kindOf(example)) {
    // An expandable field is an id or the object.
    const isExpandable = [kindOf(value), kindOf(example)].sort().join() === 'object,string';
    return isExpandable ? [] : [`${where} is ${kindOf(value)}, not ${kindOf(example)}`];
  }
  if (Array.isArray(value)) {
    return value.flatMap((one) => fixtureProblems(`${where}[]`, one, (example as unknown[])[0]));
  }
  if (typeof value !== 'object') return [];
  const known = example as Record<string, unknown>;
  // Free-form, or empty because there was nothing to show.
  if (where.endsWith('metadata') || Object.keys(known).length === 0) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    Object.hasOwn(known, name)
      ? fixtureProblems(`${where}.${name}`, one, known[name])
      : [`${where}.${name} is unknown`],
  );
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value;
}

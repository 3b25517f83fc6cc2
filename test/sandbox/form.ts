/** Forms with brackets, as some providers take them. @module */

export type FormValue = string | number | boolean | readonly FormValue[] | { readonly [name: string]: FormValue };

/** `{a: {b: 1}, c: [2]}` -> `a[b]=1&c[0]=2`. */
export function formBody(fields: Record<string, FormValue>): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) => flat(name, value));
  return new URLSearchParams(pairs).toString();
}

function flat(name: string, value: FormValue): [string, string][] {
  if (typeof value !== 'object') return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, one]) => flat(`${name}[${key}]`, one as FormValue));
}

/** Where an operation is, and a request for it. @module */
import { misuse } from './problem.js';

export interface Place {
  readonly method: string;
  readonly path: string;
  /** It changes something on its own. */
  readonly writes?: true;
  /** It lists in pages; the field of its answer that has the rows. */
  readonly rows?: string;
}

/** Fields of the path into the path, the rest into the query or the body. @throws FairleadProblem `invalid_argument` */
export function requestOf(
  { method, path }: Place,
  input: Readonly<Record<string, unknown>>,
): { path: string; body?: string } {
  const left = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(left.get(name) ?? '');
    // These would lead to another address.
    if (['', '.', '..'].includes(value)) throw misuse(name, value === '' ? 'it is missing' : `it cannot be ${value}`);
    left.delete(name);
    return encodeURIComponent(value);
  });
  if (method === 'POST') return { path: filled, body: JSON.stringify(Object.fromEntries(left)) };
  const query = new URLSearchParams();
  for (const [name, value] of left)
    for (const one of Array.isArray(value) ? value : [value])
      query.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
  return { path: query.size === 0 ? filled : `${filled}?${query.toString()}` };
}

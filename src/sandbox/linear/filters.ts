/** Filters of the simulated Linear: comparators over what its shapes show. @source Linear's GraphQL schema (IssueFilter) @module */
import { isObject } from '../../core/json.js';

const COMPARATORS: Readonly<Record<string, (is: unknown, wanted: unknown) => boolean>> = {
  eq: (is, wanted) => is === wanted,
  neq: (is, wanted) => is !== wanted,
  in: (is, wanted) => Array.isArray(wanted) && wanted.includes(is),
  nin: (is, wanted) => Array.isArray(wanted) && !wanted.includes(is),
  eqIgnoreCase: (is, wanted) => lower(is) === lower(wanted),
  contains: (is, wanted) => String(is ?? '').includes(String(wanted)),
  containsIgnoreCase: (is, wanted) => lower(is).includes(lower(wanted)),
  gt: (is, wanted) => String(is) > String(wanted),
  gte: (is, wanted) => String(is) >= String(wanted),
  lt: (is, wanted) => String(is) < String(wanted),
  null: (is, wanted) => (is === null || is === undefined) === wanted,
};

const lower = (value: unknown): string => String(value ?? '').toLowerCase();

/** Whether a shape fits a filter. All that is said must hold. */
export function fits(shape: unknown, filter: unknown): boolean {
  if (!isObject(filter)) return true;
  return Object.entries(filter).every(([name, wanted]) => {
    if (wanted === undefined || wanted === null) return true;
    if (name === 'and') return Array.isArray(wanted) && wanted.every((one) => fits(shape, one));
    if (name === 'or') return Array.isArray(wanted) && wanted.some((one) => fits(shape, one));
    const compare = Object.hasOwn(COMPARATORS, name) ? COMPARATORS[name] : undefined;
    if (compare !== undefined) return compare(shape, wanted);
    const member = isObject(shape) && Object.hasOwn(shape, name) ? shape[name] : undefined;
    return fits(typeof member === 'function' ? (member as (args: object) => unknown)({}) : member, wanted);
  });
}

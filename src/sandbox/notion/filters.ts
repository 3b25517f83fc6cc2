/** Filters of a query of the simulated Notion. @source developers.notion.com/reference/filter-data-source-entries @module */
import { isObject } from '../../core/json.js';
import type { NotionPage } from './state.js';
import { timeText, titleOf } from './shapes.js';

const COMPARATORS: Readonly<Record<string, (is: unknown, wanted: unknown) => boolean>> = {
  equals: (is, wanted) => is === wanted,
  does_not_equal: (is, wanted) => is !== wanted,
  contains: (is, wanted) => String(is ?? '').includes(String(wanted)),
  greater_than: (is, wanted) => Number(is) > Number(wanted),
  on_or_after: (is, wanted) => typeof is === 'string' && Date.parse(is) >= Date.parse(String(wanted)),
  on_or_before: (is, wanted) => typeof is === 'string' && Date.parse(is) <= Date.parse(String(wanted)),
  is_empty: (is) => is === undefined || is === null || is === '',
};

const RESERVED = new Set(['property', 'timestamp', 'and', 'or', 'type']);

/** Whether a page fits, or `undefined` for a filter that Notion would not take. */
export function fits(page: NotionPage, filter: unknown): boolean | undefined {
  if (filter === undefined) return true;
  if (!isObject(filter)) return undefined;
  const { and, or, property, timestamp } = filter;
  if (Array.isArray(and)) return all(and.map((one) => fits(page, one)));
  if (Array.isArray(or)) return some(or.map((one) => fits(page, one)));
  const type = Object.keys(filter).find((name) => !RESERVED.has(name));
  const condition = type === undefined ? undefined : filter[type];
  if (type === undefined || !isObject(condition)) return undefined;
  const is = timestamp === undefined ? plain(page, String(property), type) : timeOf(page, String(timestamp));
  const [name = '', wanted] = Object.entries(condition)[0] ?? [];
  return Object.hasOwn(COMPARATORS, name) ? COMPARATORS[name]!(is, wanted) : undefined;
}

const all = (verdicts: readonly (boolean | undefined)[]): boolean | undefined =>
  verdicts.includes(undefined) ? undefined : verdicts.every(Boolean);
const some = (verdicts: readonly (boolean | undefined)[]): boolean | undefined =>
  verdicts.includes(undefined) ? undefined : verdicts.some(Boolean);

function timeOf({ createdAtMs, editedAtMs }: NotionPage, timestamp: string): string {
  return timeText(timestamp === 'created_time' ? createdAtMs : editedAtMs);
}

function plain(page: NotionPage, name: string, type: string): unknown {
  if (type === 'title') return titleOf(page);
  const property = page.properties[name];
  const value = isObject(property) ? property[type] : undefined;
  if (Array.isArray(value)) {
    return value.map((one) => (isObject(one) && isObject(one['text']) ? String(one['text']['content']) : '')).join('');
  }
  if (isObject(value)) return value['name'] ?? value['start'];
  return value ?? (type === 'checkbox' ? false : undefined);
}

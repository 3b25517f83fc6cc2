/** Reading what GitHub answers, field by field; nothing here throws over a stranger's text. @module */
import { isObject, parseJson } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { withoutMark } from './marker.js';

/** The body as a list, or `undefined`. */
export function listIn({ body }: Pick<HttpAnswer, 'body'>): unknown[] | undefined {
  const parsed = parseJson(body);
  return parsed.ok && Array.isArray(parsed.value) ? parsed.value : undefined;
}

/** A text that GitHub gives as null where there is none. */
export function textOrEmpty(value: unknown): unknown {
  return typeof value === 'string' ? withoutMark(value) : (value ?? '');
}

/** `{ [name]: value }`, and nothing for null, absent and empty. */
export function optional<Name extends string>(name: Name, value: unknown): { [N in Name]?: unknown } {
  return (value === null || value === undefined || value === '' ? {} : { [name]: value }) as { [N in Name]?: unknown };
}

/** One field of every member of a list; a member that is a text stands for itself. */
export function each(list: unknown, field: string): unknown {
  if (!Array.isArray(list)) return list;
  return list.map((one: unknown) => (isObject(one) ? one[field] : one));
}

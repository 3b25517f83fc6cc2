/** Reading what Stripe answers, field by field; nothing here throws over a stranger's text. @module */
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';

export type Body = Pick<HttpAnswer, 'body'>;

/** The entries of a list, or `undefined`. */
export function listIn({ body }: Body): unknown[] | undefined {
  const data = parseJsonObject(body)?.['data'];
  return Array.isArray(data) ? (data as unknown[]) : undefined;
}

/** `{ [name]: value }`, and nothing for null, absent and empty. */
export function optional<Name extends string>(name: Name, value: unknown): { [N in Name]?: unknown } {
  return (value === null || value === undefined || value === '' ? {} : { [name]: value }) as { [N in Name]?: unknown };
}

/** The id of what may have been expanded. */
export function idOf(value: unknown): unknown {
  return isObject(value) ? value['id'] : value;
}

/** Unix seconds as ISO 8601; null and absent stay away, anything else is left for the schema to refuse. */
export function instantOf(value: unknown): unknown {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || Math.abs(value) > 8.64e12) return value;
  return new Date(value * 1000).toISOString();
}

/** An instant of an input in Unix seconds. */
export function secondsOf(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}

/** The first of these dotted paths that leads to something. */
export function firstOf(value: unknown, ...paths: readonly string[]): unknown {
  return paths.map((path) => valueAt(value, path)).find((one) => one !== undefined && one !== null);
}

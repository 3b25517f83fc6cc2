/** Fields that several operations have in common, as schemas. @module */
import { z } from 'zod';

/** A point in time: ISO 8601, Unix milliseconds, or an age such as `24h`, `7d`, `15m`. */
export const when = z
  .union([z.number().int().nonnegative(), z.string().max(40)])
  .describe('ISO 8601, Unix milliseconds, or an age: 15m, 24h, 7d');

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Unix milliseconds of a {@link when}, or `undefined` for text that names no time. */
export function whenMs(value: string | number | undefined, nowMs: number): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  const age = /^(\d{1,6})([smhd])$/.exec(value);
  if (age !== null) return nowMs - Number(age[1]) * UNIT_MS[age[2]!]!;
  if (/^\d{12,15}$/.test(value)) return Number(value);
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : atMs;
}

export const limit = z.coerce.number().int().min(1).max(1_000).default(50).describe('rows at most');
export const cursor = z.string().max(200).optional().describe('from the answer before');

/** `undefined` fields left out, so that they pass where a field is optional and not undefined. */
export function present<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

export const iso = (atMs: number): string => new Date(atMs).toISOString();

/** What a list of checks came to: all of them hold, or each that does not says what to do. */
export const checkReport = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), says: z.string() })),
});

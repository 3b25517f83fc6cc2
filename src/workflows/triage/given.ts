/**
 * Rules and answers as somebody gave them, checked. Loaded by whoever brings some: the schemas take longer to load than
 * a server takes to open its store, and every configuration that names the library would load them.
 *
 * @module
 */
import { z } from 'zod';
import { AppError } from '../../core/errors.js';
import type { TriageAnswers, TriageRule } from './classify.js';

const label = z.string().min(1).max(50);

const rule = z.strictObject({
  category: z.string().min(1).max(50),
  words: z.array(z.string().min(1).max(100)).min(1).max(200),
  columns: z.array(z.string().min(1).max(200)).max(50).optional(),
  labels: z.array(label).max(20).optional(),
  issue: z.boolean(),
});

const answer = z.strictObject({
  category: z.string().min(1).max(50),
  issue: z.boolean(),
  title: z.string().min(1).max(200).optional(),
  labels: z.array(label).max(20).optional(),
});

/** @throws AppError `invalid_argument` */
export function readRules(value: unknown): readonly TriageRule[] {
  return checked(z.array(rule).min(1).max(500), value, 'rules');
}

/** @throws AppError `invalid_argument` */
export function readAnswers(value: unknown): TriageAnswers {
  return checked(z.record(z.string(), answer), value, 'answers');
}

function checked<T>(schema: z.ZodType<T>, value: unknown, argument: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new AppError('invalid_argument', { argument: [argument, ...path].join('.'), problem: message });
}

/** What a row of a support list is about: by the answer somebody gave for it, else by the first rule that fits. @module */
import { z } from 'zod';
import { AppError } from '../../core/errors.js';
import type { SupportRow } from './rows.js';

const label = z.string().min(1).max(50);

const rule = z.strictObject({
  category: z.string().min(1).max(50),
  /** One of them has to occur, whole, in any case. */
  words: z.array(z.string().min(1).max(100)).min(1).max(200),
  /** Where they are looked for; default: every column. */
  columns: z.array(z.string().min(1).max(200)).max(50).optional(),
  labels: z.array(label).max(20).optional(),
  /** Whether engineering gets an issue. */
  issue: z.boolean(),
});
export type TriageRule = z.output<typeof rule>;

const answer = z.strictObject({
  category: z.string().min(1).max(50),
  issue: z.boolean(),
  title: z.string().min(1).max(200).optional(),
  labels: z.array(label).max(20).optional(),
});
/** By row key. */
export type TriageAnswers = Readonly<Record<string, z.output<typeof answer>>>;

export interface Classified {
  category: string;
  issue: boolean;
  labels: readonly string[];
  title?: string | undefined;
  by: 'answer' | 'rule' | 'default';
}

/** Used where nobody brings rules. */
export const DEFAULT_RULES: readonly TriageRule[] = [
  {
    category: 'billing',
    words: ['invoice', 'refund', 'charged', 'payment', 'receipt', 'vat'],
    issue: false,
  },
  {
    category: 'bug',
    words: ['error', 'crash', 'crashes', 'broken', 'fails', 'failed', 'exception', 'bug', 'stops', 'freezes', 'wrong'],
    labels: ['bug'],
    issue: true,
  },
  { category: 'request', words: ['feature', 'please add', 'would like', 'wish'], labels: ['enhancement'], issue: true },
];

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

export function classify(row: SupportRow, rules: readonly TriageRule[], answers: TriageAnswers): Classified {
  const given = Object.hasOwn(answers, row.key) ? answers[row.key] : undefined;
  if (given !== undefined) return { ...given, labels: given.labels ?? [], by: 'answer' };
  const fitting = rules.find((one) => fits(row, one));
  if (fitting === undefined) return { category: 'other', issue: false, labels: [], by: 'default' };
  const { category, issue, labels = [] } = fitting;
  return { category, issue, labels, by: 'rule' };
}

function fits({ cells }: SupportRow, { words, columns }: TriageRule): boolean {
  const wanted = cells.filter(({ column }) => columns === undefined || columns.includes(column));
  const text = ` ${wanted.map(({ value }) => wordsOf(value)).join(' | ')} `;
  return words.some((word) => text.includes(` ${wordsOf(word)} `));
}

const wordsOf = (text: string): string => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ');

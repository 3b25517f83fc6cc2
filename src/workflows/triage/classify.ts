/** What a row of a support list is about: by the answer somebody gave for it, else by the first rule that fits. @module */
import type { SupportRow } from './rows.js';

export interface TriageRule {
  category: string;
  /** One of them has to occur, whole, in any case. */
  words: readonly string[];
  /** Where they are looked for; default: every column. */
  columns?: readonly string[] | undefined;
  labels?: readonly string[] | undefined;
  /** Whether engineering gets an issue. */
  issue: boolean;
}

export interface TriageAnswer {
  category: string;
  issue: boolean;
  title?: string | undefined;
  labels?: readonly string[] | undefined;
}

/** By row key. */
export type TriageAnswers = Readonly<Record<string, TriageAnswer>>;

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

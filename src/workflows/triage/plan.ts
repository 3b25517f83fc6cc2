/**
 * Triage in two steps: a plan that can be read, and exactly that plan carried out. A row is known by its mark, which
 * stands in its issue: a second plan, made on any day, has nothing left to open.
 *
 * @module
 */
import { AppError } from '../../core/errors.js';
import {
  digest,
  keyOf,
  readPages,
  stateOf,
  write,
  type RunOperation,
  type Step,
  type WorkflowState,
} from '../steps.js';
import { classify, DEFAULT_RULES, type TriageAnswers, type TriageRule } from './classify.js';
import { readSupportRows, type SupportRow, type TriageSource } from './rows.js';

export interface TriagePlanInput {
  source: TriageSource;
  /** `owner/name`, where the issues go. */
  repository: string;
  /** See the guide; default: {@link DEFAULT_RULES}. */
  rules?: unknown;
  /** What a person or an agent decided, by row key; before every rule. */
  answers?: unknown;
  /** The column that names a row. */
  keyColumn?: string;
  /** The connection that the rows are read through; reading is all it needs to be allowed. */
  connection?: string;
}

export interface PlannedRow {
  key: string;
  mark: string;
  place: number;
  category: string;
  by: 'answer' | 'rule' | 'default';
  /** `create`, or why there will be no issue. */
  outcome: 'create' | 'not_for_engineering' | 'has_issue' | 'same_key_as_another_row';
  /** Number of the issue that is there. */
  issue?: number;
  title?: string;
  body?: string;
  labels?: readonly string[];
}

export interface TriagePlan {
  repository: string;
  source: TriageSource;
  rows: PlannedRow[];
  /** Issues that carrying it out opens. */
  creates: number;
  /** Over everything else in it. */
  hash: string;
}

export interface TriageOutcome {
  hash: string;
  state: WorkflowState;
  created: number;
  /** Had their issue by then. */
  skipped: number;
  steps: (Step & { key: string })[];
}

/** @throws AppError `invalid_argument`, and what a read came to */
export async function planTriage(run: RunOperation, input: TriagePlanInput): Promise<TriagePlan> {
  const { source, repository, keyColumn, connection } = input;
  const { rules, answers } = await givenIn(input);
  const rows = await readSupportRows(run, source, {
    ...(keyColumn !== undefined && { keyColumn }),
    ...(connection !== undefined && { connection }),
  });
  const known = await issuesByMark(run, repository);
  const seen = new Set<string>();
  const planned = rows.map((row): PlannedRow => {
    const { key, mark, place } = row;
    const { category, by, issue, labels, title } = classify(row, rules, answers);
    const base = { key, mark, place, category, by };
    if (!issue) return { ...base, outcome: 'not_for_engineering' };
    const number = known.get(mark);
    if (number !== undefined) return { ...base, outcome: 'has_issue', issue: number };
    if (seen.has(mark)) return { ...base, outcome: 'same_key_as_another_row' };
    seen.add(mark);
    return { ...base, outcome: 'create', title: title ?? titleOf(row), body: bodyOf(row), labels };
  });
  const creates = planned.filter(({ outcome }) => outcome === 'create').length;
  const plan = { repository, source, rows: planned, creates };
  return { ...plan, hash: digest(plan) };
}

async function givenIn({
  rules,
  answers,
}: TriagePlanInput): Promise<{ rules: readonly TriageRule[]; answers: TriageAnswers }> {
  if (rules === undefined && answers === undefined) return { rules: DEFAULT_RULES, answers: {} };
  const { readAnswers, readRules } = await import('./given.js');
  return {
    rules: rules === undefined ? DEFAULT_RULES : readRules(rules),
    answers: answers === undefined ? {} : readAnswers(answers),
  };
}

/**
 * Opens the issues of a plan. Run again, or broken off and run again, it opens what is missing.
 *
 * @throws AppError `verification_failed` for a plan that was changed after it was made
 */
export async function applyTriage(
  run: RunOperation,
  { plan, dryRun = false }: { plan: TriagePlan; dryRun?: boolean },
): Promise<TriageOutcome> {
  const { hash, ...rest } = plan;
  if (hash !== digest(rest))
    throw new AppError('verification_failed', { what: 'plan', problem: 'it is not the one that was made; plan again' });
  const known = await issuesByMark(run, plan.repository);
  const wanted = plan.rows.filter(({ outcome, mark }) => outcome === 'create' && !known.has(mark));
  const steps: TriageOutcome['steps'] = [];
  for (const { key, mark, title, body, labels = [] } of wanted) {
    const issue = { repository: plan.repository, title, body, ...(labels.length > 0 && { labels }) };
    const idempotencyKey = keyOf('triage', { repository: plan.repository.toLowerCase(), mark });
    steps.push({ key, ...(await write(run, 'github.createIssue', issue, { idempotencyKey, dryRun })) });
  }
  const created = steps.filter(({ state }) => state === 'done').length;
  return { hash, state: stateOf(steps), created, skipped: plan.creates - wanted.length, steps };
}

/** A whole line of its own: what a row says is quoted, and can be none. */
const MARK = /^<!-- fairlead-row: ([0-9a-f]{32}) -->$/gm;

/** Over all pages of the listing: a search index is behind, and would not know what was opened a moment ago. */
async function issuesByMark(run: RunOperation, repository: string): Promise<Map<string, number>> {
  const pages = await readPages<{ issues: { number: number; body: string }[]; nextCursor?: string }>(
    run,
    'github.listIssues',
    { repository, state: 'all' },
  );
  const found = new Map<string, number>();
  for (const { number, body } of pages.flatMap(({ issues }) => issues)) {
    for (const [, mark] of body.replaceAll('\r\n', '\n').matchAll(MARK)) found.set(mark!, number);
  }
  return found;
}

const TITLE_CHARACTERS_MAX = 120;
const CELL_CHARACTERS_MAX = 4_000;
const TITLE_COLUMNS = ['subject', 'title', 'summary'];

/** What a customer wrote calls nobody, links nothing and ends no quotation. */
const quoted = (text: string): string =>
  text
    .slice(0, CELL_CHARACTERS_MAX)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .replaceAll('<!--', '&lt;!--')
    .replaceAll('@', '@\u200b')
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');

function titleOf({ key, cells }: SupportRow): string {
  const subject = cells.find(({ column }) => TITLE_COLUMNS.includes(column.toLowerCase())) ?? cells.at(-1);
  const text = (subject?.value ?? `Row ${key}`)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replaceAll('@', '@\u200b')
    .trim();
  return text.length <= TITLE_CHARACTERS_MAX ? text : `${text.slice(0, TITLE_CHARACTERS_MAX - 1)}…`;
}

function bodyOf({ cells, mark }: SupportRow): string {
  const parts = cells.map(({ column, value }) => `**${column.replace(/[*\p{Cc}<>]/gu, ' ')}**\n${quoted(value)}`);
  return `${parts.join('\n\n')}\n\n<!-- fairlead-row: ${mark} -->`;
}

/** What the audit log says, counted by what somebody asks for: search, groups, and how one of the entries came about. @module */
import { AppError } from '../core/errors.js';
import { valueAt } from '../core/json.js';
import type { RunOperation } from './steps.js';

export const AUDIT_FIELDS = ['actor', 'provider', 'action', 'target', 'status', 'day'] as const;
export type AuditField = (typeof AUDIT_FIELDS)[number];

export interface AuditReportInput {
  /** As for `audit search`, e.g. `provider=slack since=24h`. */
  query?: string;
  /** Default: action and status. */
  by?: readonly AuditField[];
  /** Id of an entry, a call, an event or a job; `last`: of the newest entry that was found. */
  explain?: string;
}

export interface AuditGroup {
  count: number;
  /** Of the group, by field. */
  values: Record<string, string>;
  /** An entry of it, the newest. */
  entry: string;
  lastAt: string;
}

export interface AuditReport {
  entries: number;
  /** There are more entries than were counted. */
  isCut: boolean;
  /** The largest first. */
  groups: AuditGroup[];
  explained?: unknown;
}

type Entry = Record<string, unknown> & { id: string; ts: string };

const ENTRIES_MAX = 20_000;
const PAGE = 500;

const PATHS: Readonly<Record<Exclude<AuditField, 'day'>, string>> = {
  actor: 'actor.id',
  provider: 'provider',
  action: 'action',
  target: 'target.id',
  status: 'status',
};

/** @throws AppError `invalid_argument` for a query or a field that is none, `not_found` for what shall be explained */
export async function auditReport(run: RunOperation, input: AuditReportInput = {}): Promise<AuditReport> {
  const { query, by = ['action', 'status'], explain } = input;
  const unknown = by.find((field) => !AUDIT_FIELDS.includes(field));
  if (unknown !== undefined)
    throw new AppError('invalid_argument', { argument: 'by', problem: `there are ${AUDIT_FIELDS.join(', ')}` });
  const { entries, isCut } = await found(run, query);
  const id = explain === 'last' ? entries[0]?.id : explain;
  if (explain === 'last' && id === undefined) throw new AppError('not_found', { what: 'audit entry', id: 'last' });
  const explained = id === undefined ? undefined : await run('audit.explain', { id });
  return {
    entries: entries.length,
    isCut,
    groups: groupsOf(entries, by),
    ...(explained !== undefined && { explained }),
  };
}

/** Newest first. */
async function found(run: RunOperation, query: string | undefined): Promise<{ entries: Entry[]; isCut: boolean }> {
  const entries: Entry[] = [];
  let cursor: string | undefined;
  do {
    const page = (await run('audit.search', {
      limit: PAGE,
      ...(query !== undefined && { query }),
      ...(cursor !== undefined && { cursor }),
    })) as { entries: Entry[]; cursor?: string };
    entries.push(...page.entries);
    cursor = page.cursor;
  } while (cursor !== undefined && entries.length < ENTRIES_MAX);
  return { entries, isCut: cursor !== undefined };
}

function groupsOf(entries: readonly Entry[], by: readonly AuditField[]): AuditGroup[] {
  const groups = new Map<string, AuditGroup>();
  for (const entry of entries) {
    const values = Object.fromEntries(by.map((field) => [field, valueOf(entry, field)]));
    const key = JSON.stringify(values);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { count: 1, values, entry: entry.id, lastAt: entry.ts });
    else group.count += 1;
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function valueOf(entry: Entry, field: AuditField): string {
  if (field === 'day') return entry.ts.slice(0, 10);
  const value = valueAt(entry, PATHS[field]);
  return typeof value === 'string' ? value : '-';
}

/**
 * The query a person types (`provider=slack status!=succeeded since=24h`), and its answer page by page. What the store
 * has columns for is asked of the store, the rest is looked at record by record.
 *
 * @module
 */
import { AUDIT_STATUSES, type AuditFilter, type AuditRecord, type AuditRow, type AuditStatus } from '../core/audit.js';
import { AppError } from '../core/errors.js';
import { isObject, valueAt } from '../core/json.js';
import type { Scope } from '../core/scope.js';
import type { AuditVerbs } from '../core/store.js';
import { recordText } from './line.js';

/** One condition on a member of the record. `path` is dotted, e.g. `actor.type`. */
export interface AuditCondition {
  path: string;
  operator: '=' | '!=' | '~';
  value: string;
}

export interface AuditQuery {
  filter: AuditFilter;
  also: AuditCondition[];
}

/** A record with its place in the tree; `seq` is absent until it has one. */
export type AuditView = AuditRecord & { seq?: number };

export interface AuditPage {
  entries: AuditView[];
  /** Present when there may be more, even if this page is short: a search looks at {@link SCAN_MAX} entries at a time. */
  cursor?: string;
}

/** Entries looked at for one page, when few of them match. */
export const SCAN_MAX = 20_000;
const PAGE_MAX = 1_000;
const QUERY_MAX = 2_000;

/** Names that the store has a column for, as people write them. */
const COLUMNS: Record<string, 'action' | 'actor' | 'provider' | 'target' | 'callId' | 'eventId'> = {
  action: 'action',
  actor: 'actor',
  'actor.id': 'actor',
  provider: 'provider',
  target: 'target',
  'target.id': 'target',
  call: 'callId',
  callId: 'callId',
  event: 'eventId',
  eventId: 'eventId',
};

/** Where a column's value is in the record. */
const PATHS: Record<string, string> = { actor: 'actor.id', target: 'target.id', call: 'callId', event: 'eventId' };

const MEMBERS = new Set(
  (
    'id phase via origin effect connection idempotencyKey cause attempts durationMs count actor.type onBehalfOf.id ' +
    'agent.client agent.session agent.toolCallId target.type approval.by error.code error.message request.hash ' +
    'response.hash response.providerId trace.traceId source.userAgent'
  ).split(' '),
);

const TERM = /([A-Za-z][\w.]*)(!=|=|~)("[^"]*"|\S+)/y;
const DURATION = /^(\d{1,6})(ms|s|m|h|d|w)$/;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Reads `name=value`, `name!=value` and `name~part` with blanks between; quotes around values with blanks; `*` at the
 * end of a value stands for anything. `since` and `until` take an age (`90s`, `24h`, `7d`) or an ISO 8601 instant. The
 * id of an event or a call may stand alone.
 *
 * @throws AppError `invalid_argument` that names the term.
 */
export function parseAuditQuery(text: string, nowMs: number): AuditQuery {
  if (text.length > QUERY_MAX) throw invalid('it is longer than 2,000 characters');
  const query: AuditQuery = { filter: {}, also: [] };
  for (let at = 0; at < text.length;) {
    TERM.lastIndex = at;
    const blank = /\s+/y;
    blank.lastIndex = at;
    const term = TERM.exec(text);
    if (term !== null) addTerm(query, term as unknown as [string, string, AuditCondition['operator'], string], nowMs);
    const skipped = term ?? blank.exec(text) ?? addId(query, text, at);
    at += skipped[0].length;
  }
  return query;
}

/** A page of what matches, newest first unless `oldest`. */
export async function searchAudit(
  audit: Pick<AuditVerbs, 'search'>,
  scope: Scope,
  { filter, also }: AuditQuery,
  page: { limit: number; cursor?: string; order?: 'newest' | 'oldest' },
): Promise<AuditPage> {
  const entries: AuditView[] = [];
  let { cursor } = page;
  let scanned = 0;
  do {
    // Never more than is still wanted, so that the cursor stands right behind the last entry given.
    const limit = Math.min(PAGE_MAX, page.limit - entries.length);
    const found = await audit.search(scope, filter, { limit, order: page.order ?? 'newest', cursor });
    scanned += found.rows.length;
    cursor = found.cursor;
    entries.push(
      ...found.rows.map(viewOf).filter((view): view is AuditView => view !== undefined && matchesAll(view, also)),
    );
  } while (cursor !== undefined && entries.length < page.limit && scanned < SCAN_MAX);
  return cursor === undefined ? { entries } : { entries, cursor };
}

/**
 * The record of a row with its place; `undefined` when retention has taken it.
 *
 * @throws AppError `store_corrupt` when it is no record, which only other hands than ours can have written.
 */
export function viewOf(row: AuditRow): AuditView | undefined {
  const text = recordText(row);
  if (text === undefined) return undefined;
  const record = parseRecord(text);
  if (record === undefined) {
    const place =
      row.index === undefined ? 'An audit entry' : `Entry ${row.index} of the audit log (${row.environment})`;
    throw new AppError('store_corrupt', { problem: `${place} cannot be read. \`fairlead audit verify\` says more.` });
  }
  return row.index === undefined ? record : { seq: row.index, ...record };
}

/** Whether a record fits a whole query, columns included: for entries that come from elsewhere than a search. */
export function matchesQuery(record: AuditRecord, { filter, also }: AuditQuery): boolean {
  const { sinceMs, untilMs, ...equal } = filter;
  const atMs = Date.parse(record.ts);
  if (sinceMs !== undefined && atMs < sinceMs) return false;
  if (untilMs !== undefined && atMs >= untilMs) return false;
  const conditions = Object.entries(equal).map(([name, value]) => condition(PATHS[name] ?? name, '=', String(value)));
  return matchesAll(record, [...conditions, ...also]);
}

function parseRecord(text: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(text) as AuditRecord;
    return isObject(record) && isObject(record.actor) ? record : undefined;
  } catch {
    return undefined;
  }
}

function matchesAll(record: AuditRecord, conditions: readonly AuditCondition[]): boolean {
  return conditions.every(({ path, operator, value }) => {
    const member = valueAt(record, path);
    const text = typeof member === 'object' || member === undefined ? '' : String(member);
    if (operator === '~') return text.toLowerCase().includes(value.toLowerCase());
    const equal = value.endsWith('*') ? text.startsWith(value.slice(0, -1)) : text === value;
    return operator === '=' ? equal : !equal;
  });
}

function addTerm(
  query: AuditQuery,
  [, name, operator, quoted]: [string, string, AuditCondition['operator'], string],
  nowMs: number,
): void {
  const value = quoted.startsWith('"') ? quoted.slice(1, -1) : quoted;
  if (name === 'since' || name === 'until') {
    if (operator !== '=') throw invalid(`${name} takes =`);
    query.filter[name === 'since' ? 'sinceMs' : 'untilMs'] = instant(name, value, nowMs);
  } else if (name === 'status') {
    if (operator === '=' && isStatus(value)) query.filter.status = value;
    else if (operator === '!=' && isStatus(value)) query.also.push(condition(name, operator, value));
    else throw invalid(`status is one of ${AUDIT_STATUSES.join(', ')}`);
  } else if (Object.hasOwn(COLUMNS, name)) {
    const column = COLUMNS[name]!;
    // A column holds one value: a second condition on it is looked at record by record.
    if (operator === '=' && !value.endsWith('*') && query.filter[column] === undefined) query.filter[column] = value;
    else query.also.push(condition(PATHS[name] ?? name, operator, value));
  } else if (MEMBERS.has(name) || name.startsWith('details.')) {
    query.also.push(condition(name, operator, value));
  } else {
    const known = ['since', 'until', 'status', ...Object.keys(COLUMNS), ...MEMBERS, 'details.*'];
    throw invalid(`${name} is not a field; there are ${known.join(', ')}`);
  }
}

/** An id that stands alone. */
function addId(query: AuditQuery, text: string, at: number): [string] {
  const word = /\S+/y;
  word.lastIndex = at;
  const [id] = word.exec(text)!;
  if (/^evt_\w+$/.test(id)) query.filter.eventId = id;
  else if (/^call_\w+$/.test(id)) query.filter.callId = id;
  else if (/^aud_\w+$/.test(id)) query.also.push(condition('id', '=', id));
  else throw invalid(`"${id.slice(0, 60)}" is neither field=value nor the id of an event, a call or an entry`);
  return [id];
}

function instant(name: string, value: string, nowMs: number): number {
  const age = DURATION.exec(value);
  if (age !== null) return nowMs - Number(age[1]) * UNIT_MS[age[2]!]!;
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(atMs)) throw invalid(`${name} takes an age such as 24h or an instant such as 2026-01-31T12:00:00Z`);
  return atMs;
}

function condition(path: string, operator: AuditCondition['operator'], value: string): AuditCondition {
  return { path, operator, value };
}

function isStatus(text: string): text is AuditStatus {
  return (AUDIT_STATUSES as readonly string[]).includes(text);
}

function invalid(problem: string): AppError {
  return new AppError('invalid_argument', { argument: 'query', problem });
}

/** How many mails went out and what became of them, by day, and who gets no more. @module */
import { jsonReply, boundedCount, emptyReply, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, type SendgridCall } from './answers.js';
import type { SendgridState, SentMessage, Suppressed } from './state.js';

const METRICS =
  'blocks bounce_drops bounces clicks deferred delivered invalid_emails opens processed requests spam_report_drops spam_reports unique_clicks unique_opens unsubscribe_drops unsubscribes'.split(
    ' ',
  );
const DAY_MS = 86_400_000;
const DAYS_MAX = 400;

const stats = { scopes: ['stats.read'], run: showStatistics };
const suppressions = (kind: Suppressed['kind']) => ({
  scopes: ['suppression.read'],
  run: (call: SendgridCall) => showSuppressed(call, kind),
});

export const statisticsRoutes: Routes<SendgridState> = {
  'GET /v3/stats': stats,
  'GET /v3/categories/stats': stats,
  'GET /v3/suppression/bounces': suppressions('bounces'),
  'GET /v3/suppression/spam_reports': suppressions('spam_reports'),
  'GET /v3/suppression/unsubscribes': suppressions('unsubscribes'),
  'DELETE /v3/suppression/bounces/:email': { scopes: ['suppression.read'], run: unsuppress },
};

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** Adds one to a metric, for all mail and for each category of the message. */
export function count({ statistics }: SendgridState, { categories }: SentMessage, metric: string, atMs: number): void {
  for (const category of ['', ...categories]) {
    const key = `${dayOf(atMs)} ${category}`;
    const metrics = statistics.get(key) ?? {};
    metrics[metric] = (metrics[metric] ?? 0) + 1;
    statistics.set(key, metrics);
  }
}

function showStatistics({ state, query, request, nowMs }: SendgridCall): SandboxReply {
  const { start_date: from, end_date: to = dayOf(nowMs), categories, aggregated_by: by = 'day' } = query;
  const isDate = (value: unknown): value is string => /^\d{4}-\d\d-\d\d$/.test(String(value));
  if (!isDate(from)) return invalid('invalid start_date', 'start_date');
  if (!isDate(to)) return invalid('invalid end_date', 'end_date');
  if (!['day', 'week', 'month'].includes(String(by))) return invalid('invalid aggregated_by', 'aggregated_by');
  const isByCategory = request.path.startsWith('/v3/categories');
  const names = isByCategory ? request.query.getAll('categories') : [''];
  if (isByCategory && categories === undefined) return invalid('categories are required', 'categories');
  const days: unknown[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to) && days.length < DAYS_MAX; at += DAY_MS) {
    const metrics = (name: string) => metricsOf(state.statistics.get(`${dayOf(at)} ${name}`), isByCategory);
    const rows = names.map((name) => ({ ...(name !== '' && { type: 'category', name }), metrics: metrics(name) }));
    days.push({ date: dayOf(at), stats: rows });
  }
  return jsonReply(200, days);
}

/** The statistics of a category have no count of what was never tried. */
function metricsOf(counted: Record<string, number> = {}, isByCategory: boolean): Record<string, number> {
  const names = isByCategory ? METRICS.filter((name) => name !== 'blocked') : METRICS;
  return Object.fromEntries(names.map((name) => [name, counted[name] ?? 0]));
}

function showSuppressed({ state, query }: SendgridCall, kind: Suppressed['kind']): SandboxReply {
  const size = boundedCount(query['limit'], { fallback: 500, max: 500 });
  const start = boundedCount(query['offset'], { fallback: 0, min: 0, max: 1_000_000 });
  const sinceMs = Number(query['start_time'] ?? 0) * 1000;
  const rows = state.suppressed.filter((one) => one.kind === kind && one.atMs >= sinceMs);
  const shapes = rows.slice(start, start + size).map(({ email, reason, atMs }) => ({
    created: Math.floor(atMs / 1000),
    email,
    ...(kind === 'bounces' && { reason, status: '5.1.1' }),
    ...(kind === 'spam_reports' && { ip: '192.0.2.1' }),
  }));
  return jsonReply(200, shapes);
}

function unsuppress({ state, params }: SendgridCall): SandboxReply {
  const before = state.suppressed.length;
  const email = (params['email'] ?? '').toLowerCase();
  state.suppressed = state.suppressed.filter((one) => one.kind !== 'bounces' || one.email !== email);
  return state.suppressed.length < before ? emptyReply(204) : notFound();
}

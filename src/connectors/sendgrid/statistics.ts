/**
 * How many mails went out and what became of them, and whom SendGrid writes to no more.
 *
 * @source sendgrid-oai (ListStat, ListCategoryStat, ListSuppressionBounces, ListGlobalSuppression); spam reports from memory
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJson } from '../../core/json.js';
import { offsetCursor } from '../../core/pages.js';
import type { HttpAnswer } from '../../core/ports.js';
import { suppression, type SuppressionReason } from '../../core/suppression.js';

const PAGE_SIZE = 500;

const statsInput = z
  .strictObject({
    from: z.iso.date(),
    to: z.iso.date().optional().describe('default: today'),
    by: z.enum(['day', 'week', 'month']).optional().describe('default: day'),
    categories: z.array(z.string().min(1).max(255)).min(1).max(10).optional().describe('of these alone, each apart'),
  })
  .refine(({ from, to }) => to === undefined || from <= to, { error: 'it ends before it begins', path: ['to'] });
const statsOutput = z.strictObject({
  periods: z.array(
    z.strictObject({
      date: z.string(),
      category: z.string().optional(),
      metrics: z.record(z.string(), z.int()).describe('requests, delivered, bounces, opens, clicks, ...'),
    }),
  ),
});

export const getStatistics = defineAction<z.output<typeof statsInput>, z.output<typeof statsOutput>>({
  summary: 'Reads how many mails SendGrid has sent and what became of them',
  effect: 'read',
  endpoint: 'GET /v3/stats',
  permissions: ['stats.read'],
  input: statsInput,
  output: statsOutput,
  target: ({ from, to }) => ({ type: 'statistics', id: `${from}/${to ?? 'today'}` }),
  request: ({ from, to, by, categories }) => ({
    method: 'GET',
    url: categories === undefined ? '/v3/stats' : '/v3/categories/stats',
    query: { start_date: from, end_date: to, aggregated_by: by, categories },
  }),
  parse: ({ body }) => ({ periods: listIn(body)?.flatMap(periodsFrom) }),
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'api', key: 'stats' }],
});

/** `undefined` for a body that is no list. */
function listIn(body: HttpAnswer['body']): unknown[] | undefined {
  const read = parseJson(body);
  return read.ok && Array.isArray(read.value) ? read.value : undefined;
}

function periodsFrom(day: unknown): unknown[] {
  const stats = isObject(day) && Array.isArray(day['stats']) ? day['stats'] : [undefined];
  return stats.map((one: unknown) => ({
    date: isObject(day) ? day['date'] : undefined,
    ...(isObject(one) && typeof one['name'] === 'string' && { category: one['name'] }),
    metrics: isObject(one) ? one['metrics'] : undefined,
  }));
}

const KINDS = {
  bounces: 'bounced',
  spam_reports: 'complained',
  unsubscribes: 'unsubscribed',
} as const satisfies Record<string, SuppressionReason>;

const suppressionInput = z.strictObject({
  kind: z.enum(['bounces', 'spam_reports', 'unsubscribes']),
  since: z.iso.datetime({ offset: true }).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
});
const suppressionOutput = z.strictObject({
  suppressions: z.array(
    z.strictObject({
      address: z.string(),
      reason: z.enum(['bounced', 'complained', 'unsubscribed', 'invalid']),
      atMs: z.int().optional(),
      detail: z.string().optional(),
    }),
  ),
  nextCursor: z.string().optional(),
});

export const listSuppressions = defineAction<z.output<typeof suppressionInput>, z.output<typeof suppressionOutput>>({
  summary: 'Lists the addresses that SendGrid writes to no more, and why',
  effect: 'read',
  endpoint: 'GET /v3/suppression/bounces',
  permissions: ['suppression.read'],
  input: suppressionInput,
  output: suppressionOutput,
  target: ({ kind }) => ({ type: 'suppressions', id: kind }),
  request: ({ kind, since, cursor }) => ({
    method: 'GET',
    url: `/v3/suppression/${kind}`,
    headers: { accept: 'application/json' },
    query: {
      limit: PAGE_SIZE,
      offset: cursor === undefined ? undefined : Number(cursor),
      start_time: since === undefined ? undefined : Math.floor(Date.parse(since) / 1000),
    },
  }),
  parse({ body }, { kind, cursor }) {
    const rows = listIn(body);
    const nextCursor = offsetCursor(Number(cursor ?? 0), rows?.length ?? 0, PAGE_SIZE);
    return { suppressions: rows?.map((row) => suppressionFrom(row, KINDS[kind])), ...(nextCursor && { nextCursor }) };
  },
  idempotency: 'none',
  settleMs: 0,
  limits: ({ kind }) => [{ bucket: 'api', key: kind }],
  pages: { items: 'suppressions' },
});

function suppressionFrom(row: unknown, reason: SuppressionReason): unknown {
  if (!isObject(row)) return undefined;
  const { created } = row;
  return suppression(row['email'], reason, {
    atMs: typeof created === 'number' ? created * 1000 : undefined,
    detail: row['reason'],
  });
}

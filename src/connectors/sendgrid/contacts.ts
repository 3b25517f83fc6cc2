/**
 * Lists and contacts of SendGrid's Marketing Campaigns.
 *
 * @source sendgrid-oai (UpdateContact, GetImportContact, CreateMarketingList, ListMarketingList); that names of lists are
 * unique from memory
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { mailAddressOf } from '../../core/mail.js';
import { path } from '../../core/path.js';
import type { HttpAnswer } from '../../core/ports.js';
import { found, next, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';

const HOUR_MS = 3_600_000;
const CONTACTS_MAX = 30_000;
const BYTES_MAX = 6_000_000;
const PAGE_SIZE = 1_000;

const listId = z.string().regex(/^[0-9a-f-]{36}$/i, 'it is no id of a list');
const listInput = z.strictObject({ name: z.string().trim().min(1).max(100) });
const list = z.strictObject({ id: z.string(), name: z.string(), contactCount: z.int() });
type List = z.output<typeof list>;

function listFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return { id: value['id'], name: value['name'], contactCount: value['contact_count'] };
}

const listing = (token?: string) =>
  ({ method: 'GET', url: '/v3/marketing/lists', query: { page_size: PAGE_SIZE, page_token: token } }) as const;

export const createList = defineAction<z.output<typeof listInput>, List>({
  summary: 'Creates a list of contacts in SendGrid',
  effect: 'create',
  endpoint: 'POST /v3/marketing/lists',
  permissions: ['marketing.read'],
  input: listInput,
  output: list,
  target: ({ name }) => ({ type: 'list', id: name }),
  request: ({ name }) => ({ method: 'POST', url: '/v3/marketing/lists', json: { name } }),
  parse: ({ body }) => listFrom(parseJsonObject(body)),
  idempotency: 'none',
  // There is one list of a name, so the one that is there is what this call wanted.
  reconcile: { request: () => listing(), read: listOfName },
  settleMs: 10_000,
  settleSource: 'memory: a list shows at once',
  limits: () => [{ bucket: 'api', key: 'lists' }],
});

function listOfName({ body }: HttpAnswer, { name }: { name: string }): Verdict<List> {
  const page = parseJsonObject(body);
  const lists = page?.['result'];
  if (!Array.isArray(lists)) return UNDECIDED;
  const ours = list.safeParse(listFrom(lists.find((one: unknown) => isObject(one) && one['name'] === name)));
  if (ours.success) return found(ours.data);
  const link = valueAt(page, '_metadata.next');
  if (typeof link !== 'string' || link === '') return NOT_FOUND;
  const token = URL.canParse(link) ? new URL(link).searchParams.get('page_token') : null;
  return token === null ? UNDECIDED : next(listing(token));
}

const short = (max: number) => z.string().min(1).max(max).optional();

const contact = z
  .strictObject({
    email: z
      .string()
      .max(254)
      .refine((text) => mailAddressOf(text)?.toLowerCase() === text.toLowerCase(), { error: 'it is no address' })
      .optional(),
    phoneNumberId: short(20),
    externalId: short(254),
    anonymousId: short(254),
    firstName: short(50),
    lastName: short(50),
    alternateEmails: z.array(z.email().max(254)).max(5).optional(),
    addressLine1: short(100),
    addressLine2: short(100),
    city: short(60),
    stateProvinceRegion: short(50),
    postalCode: short(50),
    country: short(50),
    customFields: z
      .record(z.string().min(1).max(100), z.union([z.string().max(1_000), z.number()]))
      .optional()
      .describe('by id of the field'),
  })
  .refine(({ email, phoneNumberId, externalId, anonymousId }) => email ?? phoneNumberId ?? externalId ?? anonymousId, {
    error: 'a contact needs email, phoneNumberId, externalId or anonymousId',
    path: ['email'],
  });

const addInput = z
  .strictObject({
    contacts: z.array(contact).min(1).max(CONTACTS_MAX),
    listIds: z.array(listId).min(1).max(1_000).optional(),
  })
  .refine(({ contacts }) => Buffer.byteLength(JSON.stringify(contacts.map(contactJson))) <= BYTES_MAX, {
    error: 'SendGrid takes 6 MB of contacts at once; send them in parts',
    path: ['contacts'],
  });
const addOutput = z.strictObject({ jobId: z.string().min(1).describe('for getImportStatus') });

/** `addressLine1` -> `address_line_1`, as SendGrid writes it. */
function contactJson(value: z.output<typeof contact>): Record<string, unknown> {
  const snake = (name: string): string => name.replace(/[A-Z0-9]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [snake(name), one]));
}

export const addContacts = defineAction<z.output<typeof addInput>, z.output<typeof addOutput>>({
  summary: 'Adds contacts to SendGrid, or changes those it has; a job that ends later',
  effect: 'update',
  endpoint: 'PUT /v3/marketing/contacts',
  permissions: ['marketing.read'],
  input: addInput,
  output: addOutput,
  target: ({ listIds }) => ({ type: 'list', id: listIds?.[0] ?? 'all-contacts' }),
  touches: ({ listIds = [] }) => listIds.map((id) => ({ type: 'list', id })),
  request: ({ contacts, listIds }) => ({
    method: 'PUT',
    url: '/v3/marketing/contacts',
    json: { ...(listIds && { list_ids: listIds }), contacts: contacts.map(contactJson) },
  }),
  parse: ({ body }) => ({ jobId: parseJsonObject(body)?.['job_id'] }),
  // The same contacts again change nothing more. Hours later they might overwrite newer ones.
  idempotency: { upsert: true, keyTtlMs: HOUR_MS, source: 'sendgrid-oai (UpdateContact): an upsert by address or id' },
  settleMs: 0,
  limits: () => [{ bucket: 'contacts' }],
});

const statusInput = z.strictObject({ jobId: z.string().regex(/^[\w-]{1,64}$/, 'it is no id of a job') });
const count = z.int().optional();
const statusOutput = z.strictObject({
  jobId: z.string(),
  status: z.enum(['pending', 'completed', 'errored', 'failed']).describe('errored: some were refused; failed: all'),
  requested: count,
  created: count,
  updated: count,
  deleted: count,
  errored: count,
  errorsUrl: z.string().optional().describe('a file that says what was refused'),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
});

export const getImportStatus = defineAction<z.output<typeof statusInput>, z.output<typeof statusOutput>>({
  summary: 'Reads how far SendGrid is with a job over contacts',
  effect: 'read',
  endpoint: 'GET /v3/marketing/contacts/imports/{id}',
  permissions: ['marketing.read'],
  input: statusInput,
  output: statusOutput,
  target: ({ jobId }) => ({ type: 'job', id: jobId }),
  request: ({ jobId }) => ({ method: 'GET', url: path`/v3/marketing/contacts/imports/${jobId}` }),
  parse: ({ body }) => statusFrom(parseJsonObject(body)),
  idempotency: 'none',
  settleMs: 0,
  limits: () => [{ bucket: 'api', key: 'imports' }],
});

const COUNTS = ['requested', 'created', 'updated', 'deleted', 'errored'] as const;

function statusFrom(job: Record<string, unknown> | undefined): unknown {
  const results = isObject(job?.['results']) ? job['results'] : {};
  const given = (name: string, value: unknown) => (value === undefined || value === null ? {} : { [name]: value });
  return {
    jobId: job?.['id'],
    status: job?.['status'],
    ...Object.assign({}, ...COUNTS.map((name) => given(name, results[`${name}_count`]))),
    ...given('errorsUrl', results['errors_url'] || undefined),
    ...given('startedAt', job?.['started_at'] || undefined),
    ...given('finishedAt', job?.['finished_at'] || undefined),
  };
}

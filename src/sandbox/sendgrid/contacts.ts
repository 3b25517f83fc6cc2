/**
 * Lists and contacts: an import is a job that is over a while later.
 *
 * @source sendgrid-oai (UpdateContact, GetImportContact, CreateMarketingList, ListMarketingList)
 * @module
 */
import { isObject } from '../../core/json.js';
import {
  boundedCount,
  emptyReply,
  jsonReply,
  pageAtCursor,
  type Fields,
  type Routes,
  type SandboxReply,
} from '../kit/index.js';
import { invalid, notFound, type SendgridCall } from './answers.js';
import { newUuid, type ImportJob, type SendgridState } from './state.js';

const CONTACTS_MAX = 30_000;
const JOB_MS = 2_000;
const JOBS_MAX = 50_000;
const scopes = ['marketing.read'];

export const contactRoutes: Routes<SendgridState> = {
  'POST /v3/marketing/lists': { scopes, run: createList },
  'GET /v3/marketing/lists': { scopes, run: showLists },
  'GET /v3/marketing/lists/:id': { scopes, run: showList },
  'DELETE /v3/marketing/lists/:id': { scopes, run: deleteList },
  'PUT /v3/marketing/contacts': { scopes, run: addContacts },
  'GET /v3/marketing/contacts/imports/:id': { scopes, run: showJob },
};

function createList({ state, fields, random, address }: SendgridCall): SandboxReply {
  const { name } = fields;
  if (typeof name !== 'string' || name === '' || name.length > 100) return invalid('name is required', 'name');
  const isTaken = [...state.lists.values()].some((list) => list.name === name);
  if (isTaken) return invalid(`list with name "${name}" already exists`, 'name');
  const list = { id: newUuid(random), name };
  state.lists.set(list.id, list);
  return jsonReply(201, listShape(state, list, address));
}

function listShape({ contacts }: SendgridState, list: { id: string; name: string }, address: string) {
  const count = [...contacts.values()].filter(({ listIds }) => listIds.has(list.id)).length;
  return { ...list, contact_count: count, _metadata: { self: `${address}/v3/marketing/lists/${list.id}` } };
}

function showLists(call: SendgridCall): SandboxReply {
  const { state, query, address } = call;
  apply(call);
  const all = [...state.lists.values()];
  const size = boundedCount(query['page_size'], { fallback: 100, max: 1_000 });
  const token = typeof query['page_token'] === 'string' ? query['page_token'] : undefined;
  const page = pageAtCursor(all, token, size);
  if (page === undefined) return invalid('page_token is invalid', 'page_token');
  const link = (rest: string): string => `${address}/v3/marketing/lists?page_size=${size}${rest}`;
  return jsonReply(200, {
    result: page.items.map((list) => listShape(state, list, address)),
    _metadata: {
      self: link(token === undefined ? '' : `&page_token=${token}`),
      count: all.length,
      ...(page.next !== undefined && { next: link(`&page_token=${page.next}`) }),
    },
  });
}

function showList(call: SendgridCall): SandboxReply {
  apply(call);
  const list = call.state.lists.get(call.params['id'] ?? '');
  return list === undefined ? notFound() : jsonReply(200, listShape(call.state, list, call.address));
}

function deleteList({ state, params }: SendgridCall): SandboxReply {
  return state.lists.delete(params['id'] ?? '') ? emptyReply(204) : notFound();
}

function addContacts(call: SendgridCall): SandboxReply {
  const { state, fields, nowMs, random } = call;
  const { contacts, list_ids: listIds = [] } = fields;
  if (!Array.isArray(contacts) || contacts.length === 0) return invalid('contacts are required', 'contacts');
  if (contacts.length > CONTACTS_MAX) return invalid(`at most ${CONTACTS_MAX} contacts are allowed`, 'contacts');
  const bad = contacts.findIndex((one) => !isObject(one) || identifierOf(one) === undefined);
  if (bad >= 0) return invalid('at least one identifier is required', `contacts[${bad}]`);
  const ids = Array.isArray(listIds) ? listIds.map(String) : [];
  if (ids.some((id) => !state.lists.has(id))) return invalid('list id not found', 'list_ids');
  const job: ImportJob = {
    id: newUuid(random),
    contacts: contacts as Fields[],
    listIds: ids,
    startedAtMs: nowMs,
    readyAtMs: nowMs + JOB_MS,
  };
  state.importStartsAtMs.push(nowMs);
  state.jobs.set(job.id, job);
  state.waitingJobs.push(job);
  if (state.jobs.size > JOBS_MAX) state.jobs.delete(state.jobs.keys().next().value!);
  return jsonReply(202, { job_id: job.id });
}

function identifierOf(contact: Fields): string | undefined {
  const { email, phone_number_id: phone, external_id: external, anonymous_id: anonymous } = contact;
  const id = email ?? phone ?? external ?? anonymous;
  return typeof id === 'string' && id !== '' ? id.toLowerCase() : undefined;
}

/** Jobs whose time has come, in their order. */
function apply({ state, nowMs }: SendgridCall): void {
  while (state.waitingJobs[0] !== undefined && state.waitingJobs[0].readyAtMs <= nowMs) {
    finish(state, state.waitingJobs.shift()!);
  }
}

function finish(state: SendgridState, job: ImportJob): void {
  const counts = { created: 0, updated: 0, errored: 0 };
  for (const fields of job.contacts) {
    const id = identifierOf(fields)!;
    const isBad = typeof fields['email'] === 'string' && !/^[^\s@]+@[^\s@]+$/.test(fields['email']);
    if (isBad) {
      counts.errored++;
      continue;
    }
    const known = state.contacts.get(id);
    counts[known === undefined ? 'created' : 'updated']++;
    state.contacts.set(id, {
      fields: { ...known?.fields, ...fields },
      listIds: new Set([...(known?.listIds ?? []), ...job.listIds]),
    });
  }
  job.counts = counts;
  // What was asked is in the contacts now.
  job.contacts = Array.from({ length: job.contacts.length }, () => ({}));
}

function showJob(call: SendgridCall): SandboxReply {
  apply(call);
  const job = call.state.jobs.get(call.params['id'] ?? '');
  if (job === undefined) return notFound();
  const { counts, contacts, startedAtMs, readyAtMs } = job;
  const failed = counts?.errored === contacts.length ? 'failed' : 'errored';
  return jsonReply(200, {
    id: job.id,
    status: counts === undefined ? 'pending' : counts.errored > 0 ? failed : 'completed',
    job_type: 'upsert',
    results: {
      requested_count: contacts.length,
      ...(counts && { created_count: counts.created, updated_count: counts.updated, errored_count: counts.errored }),
      ...(counts !== undefined && counts.errored > 0 && { errors_url: `${call.address}/errors/${job.id}.csv` }),
    },
    started_at: new Date(startedAtMs).toISOString(),
    ...(counts && { finished_at: new Date(readyAtMs).toISOString() }),
  });
}

/**
 * Tells how something came about and what it led to, from one id: who asked, which call, what was sent to the provider,
 * which webhook came back, what handled it. Built from what the records say of each other: `callId`, `eventId`, `cause`.
 *
 * @module
 */
import { receiptId, type AuditFilter, type AuditRecord } from '../core/audit.js';
import { AppError } from '../core/errors.js';
import type { EventSummary } from '../core/event.js';
import type { JobRow } from '../core/job.js';
import type { Scope } from '../core/scope.js';
import type { AuditVerbs, EventVerbs, JobVerbs } from '../core/store.js';
import { viewOf } from './search.js';

export interface ExplainVerbs {
  audit: Pick<AuditVerbs, 'get' | 'search'>;
  events: Pick<EventVerbs, 'get' | 'list'>;
  jobs: Pick<JobVerbs, 'get' | 'list'>;
}

export interface ExplainNode {
  kind: 'actor' | 'call' | 'request' | 'event' | 'job' | 'entry';
  id: string;
  /** ISO 8601. */
  at?: string;
  status?: string;
  /** One line for a person. */
  says: string;
  /** What it led to, in order of time. */
  children: ExplainNode[];
}

/** Things shown in one tree. */
const NODES_MAX = 200;
const ROWS_MAX = 500;
const STEPS_UP_MAX = 32;
/** A webhook about what a call made is looked for so long after the call. */
const ECHO_MS = 3_600_000;

/** @throws AppError `not_found` when nothing in this tenant and environment has the id. */
export function explain(store: ExplainVerbs, scope: Scope, id: string): Promise<ExplainNode> {
  return new Explanation(store, scope).tree(id);
}

/** A thing that others can be caused by. */
type Focus = { kind: 'call' | 'event' | 'entry'; id: string };

class Explanation {
  readonly #store: ExplainVerbs;
  readonly #scope: Scope;
  readonly #shown = new Set<string>();

  constructor(store: ExplainVerbs, scope: Scope) {
    this.#store = store;
    this.#scope = scope;
  }

  async tree(id: string): Promise<ExplainNode> {
    let focus = await this.#focusOf(id);
    if (focus === undefined) throw new AppError('not_found', { what: 'entry, call, event or job', id });
    const passed = new Set([focus.id]);
    for (let step = 0; step < STEPS_UP_MAX; step++) {
      const cause = await this.#causeOf(focus);
      if (cause === undefined || passed.has(cause.id)) break;
      focus = cause;
      passed.add(focus.id);
    }
    const node = await this.#node(focus);
    const actor = await this.#actorOf(focus);
    return actor === undefined ? node : { ...actor, children: [node] };
  }

  /** What an id stands for: an entry about a call stands for the call, a job for its event. */
  async #focusOf(id: string): Promise<Focus | undefined> {
    if (id.startsWith('job_')) {
      const job = await this.#store.jobs.get(this.#scope, id);
      return job === undefined ? undefined : { kind: 'event', id: job.eventId };
    }
    if (id.startsWith('evt_')) return (await this.#receiptOf(id)) === undefined ? undefined : { kind: 'event', id };
    if (id.startsWith('call_'))
      return (await this.#entries({ callId: id })).length > 0 ? { kind: 'call', id } : undefined;
    const record = await this.#entry(id);
    if (record === undefined) return undefined;
    if (record.callId !== undefined) return { kind: 'call', id: record.callId };
    return record.eventId === undefined ? { kind: 'entry', id } : { kind: 'event', id: record.eventId };
  }

  async #causeOf(focus: Focus): Promise<Focus | undefined> {
    if (focus.kind === 'event') return await this.#callBehind(focus.id);
    const records = focus.kind === 'call' ? await this.#entries({ callId: focus.id }) : [await this.#entry(focus.id)];
    const cause = records.find((record) => record?.cause !== undefined)?.cause;
    return cause === undefined ? undefined : await this.#focusOf(cause);
  }

  /** The call whose effect a webhook reports: an entry names both and the call began before, or the thing is the same. */
  async #callBehind(eventId: string): Promise<Focus | undefined> {
    const receipt = await this.#receiptOf(eventId);
    if (receipt === undefined) return undefined;
    for (const { callId, cause } of await this.#entries({ eventId })) {
      if (callId === undefined || cause === eventId) continue;
      const [first] = await this.#entries({ callId });
      if (first !== undefined && first.ts <= receipt.ts && first.cause !== eventId) return { kind: 'call', id: callId };
    }
    const subject = (await this.#store.events.get(this.#scope, eventId))?.subject;
    if (subject === undefined || receipt.provider === undefined) return undefined;
    const receivedAtMs = Date.parse(receipt.ts);
    const earlier = await this.#entries(
      { provider: receipt.provider, sinceMs: receivedAtMs - ECHO_MS, untilMs: receivedAtMs + 1 },
      'newest',
    );
    const callId = earlier.find(({ response }) => response?.providerId === subject)?.callId;
    return callId === undefined ? undefined : { kind: 'call', id: callId };
  }

  async #actorOf(focus: Focus): Promise<ExplainNode | undefined> {
    const [record] =
      focus.kind === 'call'
        ? await this.#entries({ callId: focus.id })
        : [await (focus.kind === 'event' ? this.#receiptOf(focus.id) : this.#entry(focus.id))];
    if (record === undefined) return undefined;
    const { actor, onBehalfOf, agent, via, ts } = record;
    const behalf = onBehalfOf === undefined ? '' : ` for ${onBehalfOf.type} ${onBehalfOf.id}`;
    const client = agent?.client === undefined ? '' : `, ${agent.client}`;
    const says = `${actor.type} ${actor.id}${behalf}, by ${via}${client}`;
    return { kind: 'actor', id: actor.id, at: ts, says, children: [] };
  }

  async #node(focus: Focus): Promise<ExplainNode> {
    this.#shown.add(focus.id);
    if (focus.kind === 'event') return await this.#eventNode(focus.id);
    if (focus.kind === 'call') return await this.#callNode(focus.id);
    return entryNode((await this.#entry(focus.id))!);
  }

  async #callNode(id: string): Promise<ExplainNode> {
    const records = (await this.#entries({ callId: id })).filter(({ phase }) => phase !== 'receipt');
    const [first, last] = [records[0]!, records.at(-1)!];
    const target = last.target === undefined ? '' : ` to ${last.target.type} ${last.target.id}`;
    const children: ExplainNode[] = [];
    if (records.some(({ attempts, request }) => (attempts ?? 0) > 0 || request !== undefined)) {
      children.push(requestNode(id, records));
    }
    for (const { eventId, cause } of records) {
      if (eventId !== undefined && eventId !== cause && eventId !== first.cause)
        await this.#add(children, 'event', eventId);
    }
    for (const event of await this.#echoes(records)) await this.#add(children, 'event', event.id);
    const says = `${first.action}${target}: ${last.status}`;
    return { kind: 'call', id, at: first.ts, status: last.status, says, children: inOrder(children) };
  }

  async #eventNode(id: string): Promise<ExplainNode> {
    const receipt = await this.#receiptOf(id);
    const event = await this.#store.events.get(this.#scope, id);
    const records = await this.#entries({ eventId: id });
    const jobs = await this.#jobs(id);
    const byHandler = new Map(jobs.map(({ queue, ...job }) => [queue, jobNode({ queue, ...job })]));
    const children = [...byHandler.values()];
    for (const record of records.filter(({ phase }) => phase !== 'receipt')) {
      const at = byHandler.get(record.actor.id)?.children ?? children;
      if (record.callId !== undefined) await this.#add(at, 'call', record.callId);
      else if (this.#room()) at.push(entryNode(record));
    }
    const type = event?.type ?? String(receipt?.details?.['type'] ?? 'webhook');
    const key = receipt?.idempotencyKey ?? event?.key ?? '';
    const says = `${receipt?.provider ?? event?.provider} ${type} (${key}), received by ${receipt?.target?.id ?? event?.sourceId}`;
    return { kind: 'event', id, at: receipt?.ts, status: event?.state, says, children: inOrder(children) };
  }

  async #add(children: ExplainNode[], kind: 'call' | 'event', id: string): Promise<void> {
    if (this.#shown.has(id) || !this.#room()) return;
    const known = kind === 'event' ? await this.#receiptOf(id) : (await this.#entries({ callId: id }))[0];
    if (known !== undefined) children.push(await this.#node({ kind, id }));
  }

  #room(): boolean {
    return this.#shown.size < NODES_MAX;
  }

  /** Webhooks of the provider, soon after the call, about the very thing the call made or touched. */
  async #echoes(records: readonly AuditRecord[]): Promise<EventSummary[]> {
    const outcome = records.findLast(({ response, provider }) => response?.providerId !== undefined && provider);
    if (outcome === undefined) return [];
    const sinceMs = Date.parse(records[0]!.ts);
    const filter = { provider: outcome.provider!, sinceMs, untilMs: Date.parse(outcome.ts) + ECHO_MS };
    const { rows } = await this.#store.events.list(this.#scope, filter, { limit: ROWS_MAX, order: 'oldest' });
    return rows.filter(({ subject }) => subject === outcome.response!.providerId);
  }

  async #jobs(eventId: string): Promise<JobRow[]> {
    return (await this.#store.jobs.list(this.#scope, { eventId }, { limit: ROWS_MAX, order: 'oldest' })).rows;
  }

  async #entries(filter: AuditFilter, order: 'oldest' | 'newest' = 'oldest'): Promise<AuditRecord[]> {
    const { rows } = await this.#store.audit.search(this.#scope, filter, { limit: ROWS_MAX, order });
    return rows.map(viewOf).filter((record) => record !== undefined);
  }

  async #entry(id: string): Promise<AuditRecord | undefined> {
    const row = await this.#store.audit.get(this.#scope, id);
    return row && viewOf(row);
  }

  #receiptOf(eventId: string): Promise<AuditRecord | undefined> {
    return this.#entry(receiptId(eventId));
  }
}

/** What went over the wire for a call, as far as the log says: how often, how long, what came of it. */
function requestNode(callId: string, records: readonly AuditRecord[]): ExplainNode {
  const outcome = records.findLast((record) => record.attempts !== undefined) ?? records.at(-1)!;
  const request = records.find((record) => record.request !== undefined)?.request;
  const { provider, attempts, durationMs, error, response, status, ts } = outcome;
  const times = attempts === undefined ? 'sending' : `${attempts} ${attempts === 1 ? 'request' : 'requests'}`;
  const lasted = durationMs === undefined ? '' : ` in ${durationMs} ms`;
  const answer = response?.providerId === undefined ? '' : `, answered as ${response.providerId}`;
  const failed = error === undefined ? '' : `, ${error.code}: ${error.message}`;
  const says = `${times} to ${provider ?? 'the provider'}${lasted}${answer}${failed}`;
  return { kind: 'request', id: request?.hash ?? callId, at: ts, status, says, children: [] };
}

function jobNode({ id, queue, state, attempts, error, updatedAtMs }: JobRow): ExplainNode {
  const failed = error === undefined ? '' : `, ${error}`;
  const says = `handler ${queue}: ${state} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${failed}`;
  return { kind: 'job', id, at: new Date(updatedAtMs).toISOString(), status: state, says, children: [] };
}

function entryNode({ id, ts, action, status, target, error }: AuditRecord): ExplainNode {
  const on = target === undefined ? '' : ` on ${target.type} ${target.id}`;
  const failed = error === undefined ? '' : `, ${error.code}: ${error.message}`;
  return { kind: 'entry', id, at: ts, status, says: `${action}${on}: ${status}${failed}`, children: [] };
}

function inOrder(nodes: ExplainNode[]): ExplainNode[] {
  return nodes.sort((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
}

import { describe, expect, it } from 'vitest';
import { LIVE, SANDBOX, Setting } from '../../test/audit/setting.js';
import type { EventRow, EventSummary } from '../core/event.js';
import type { JobRow } from '../core/job.js';
import type { AuditDraft } from './record.js';
import { explain, type ExplainNode, type ExplainVerbs } from './explain.js';

describe('explain', () => {
  it('tells the whole story from any of its ids', async () => {
    const { store, ids } = story();
    const told = outline(await explain(store, SANDBOX, ids.call));
    expect(told).toEqual([
      'agent prn_agent for person prn_ada, by mcp, coder/1.0',
      '  tracker.createIssue to repo r1: succeeded',
      '    2 requests to tracker in 412 ms, answered as issue-7',
      '    tracker issue.opened (delivery-1), received by src_1',
      '      handler announce: completed after 1 attempt',
      '        chat.sendMessage to channel C1: unknown',
      '          1 request to chat in 30000 ms, outcome_unknown: no answer',
      '      job.dead on job job_2: failed, dead: gave up',
      '      handler count: dead after 1 attempt, it threw',
    ]);
    for (const id of [ids.intent, ids.outcome, ids.event, ids.receipt, ids.job, ids.reaction, ids.lost]) {
      expect(outline(await explain(store, SANDBOX, id))).toEqual(told);
    }
  });

  it('shows an entry that belongs to nothing by itself, below who made it', async () => {
    const { store, s } = story();
    const actor = { type: 'person', id: 'prn_ada', via: 'cli' } as const;
    s.write(1, SANDBOX, {
      actor,
      callId: undefined,
      action: 'sources.create',
      provider: undefined,
      status: 'succeeded',
    });
    const id = (JSON.parse(s.log.held.sandbox.rows.at(-1)!.record!) as { id: string }).id;
    expect(outline(await explain(store, SANDBOX, id))).toEqual([
      'person prn_ada, by cli',
      '  sources.create on channel C0: succeeded',
    ]);
  });

  it('survives causes that run in a circle', async () => {
    const { store, s } = story();
    const draft = { phase: 'outcome', eventId: undefined, status: 'succeeded' } as const;
    s.write(1, SANDBOX, { ...draft, callId: 'call_x', cause: 'call_y' });
    s.write(1, SANDBOX, { ...draft, callId: 'call_y', cause: 'call_x' });
    expect(outline(await explain(store, SANDBOX, 'call_x'))).toHaveLength(2);
  });

  it('knows nothing of what is elsewhere', async () => {
    const { store, ids } = story();
    for (const id of ['aud_none', 'evt_none', 'call_none', 'job_none', 'what']) {
      await expect(explain(store, SANDBOX, id)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(explain(store, LIVE, ids.call)).rejects.toMatchObject({ code: 'not_found' });
    await expect(explain(store, { ...SANDBOX, tenant: 'x' }, ids.intent)).rejects.toMatchObject({ code: 'not_found' });
  });
});

type Ids = Record<'call' | 'intent' | 'outcome' | 'event' | 'receipt' | 'job' | 'reaction' | 'lost', string>;

/** An agent makes an issue; the tracker's webhook comes back; one handler posts a message and gets no answer, one dies. */
function story(): { store: ExplainVerbs; s: Setting; ids: Ids } {
  const s = new Setting();
  const write = (draft: Partial<AuditDraft>): string => {
    s.clock.jump(1_000);
    s.write(1, SANDBOX, { provider: undefined, effect: undefined, durationMs: undefined, ...draft });
    return (JSON.parse(s.log.held.sandbox.rows.at(-1)!.record!) as { id: string }).id;
  };
  const issue: Partial<AuditDraft> = {
    actor: {
      type: 'agent',
      id: 'prn_agent',
      via: 'mcp',
      onBehalfOf: { type: 'person', id: 'prn_ada' },
      agent: { client: 'coder/1.0' },
    },
    provider: 'tracker',
    action: 'tracker.createIssue',
    target: { type: 'repo', id: 'r1' },
    callId: 'call_issue',
    request: { hash: 'sha256:aa' },
  };
  const intent = write({ ...issue, phase: 'intent', status: 'started' });
  const outcome = write({
    ...issue,
    phase: 'outcome',
    status: 'succeeded',
    attempts: 2,
    durationMs: 412,
    response: { hash: 'sha256:bb', providerId: 'issue-7' },
  });
  s.clock.jump(1_000);
  s.accept();
  const event = s.accept();
  Object.assign(event, { provider: 'tracker', type: 'issue.opened' });
  const { eventId } = event;
  const message: Partial<AuditDraft> = {
    actor: { type: 'handler', id: 'announce', via: 'webhook' },
    provider: 'chat',
    action: 'chat.sendMessage',
    target: { type: 'channel', id: 'C1' },
    callId: 'call_message',
    cause: eventId,
    eventId,
    request: { hash: 'sha256:cc' },
  };
  const reaction = write({ ...message, phase: 'intent', status: 'started' });
  const error = { code: 'outcome_unknown', message: 'no answer' };
  write({ ...message, phase: 'outcome', status: 'unknown', attempts: 1, durationMs: 30_000, error });
  const lost = write({
    phase: 'system',
    actor: { type: 'system', id: 'fairlead', via: 'schedule' },
    action: 'job.dead',
    status: 'failed',
    target: { type: 'job', id: 'job_2' },
    callId: undefined,
    eventId,
    error: { code: 'dead', message: 'gave up' },
  });
  const ended = s.clock.nowMs();
  const summary = { id: eventId, provider: 'tracker', subject: 'issue-7', state: 'dead', type: 'issue.opened' };
  const jobs = [
    { id: 'job_1', queue: 'announce', state: 'completed', updatedAtMs: ended - 1_500 },
    { id: 'job_2', queue: 'count', state: 'dead', error: 'it threw', updatedAtMs: ended + 500 },
  ].map((job) => ({ ...job, eventId, attempts: 1 }) as JobRow);
  const store: ExplainVerbs = {
    audit: s.log.audit,
    events: {
      get: async (_scope, id) => (id === eventId ? (summary as unknown as EventRow) : undefined),
      list: async (_scope, { provider }) => ({
        rows: provider === 'tracker' ? [summary as unknown as EventSummary] : [],
      }),
    },
    jobs: {
      get: async (_scope, id) => jobs.find((job) => job.id === id),
      list: async (_scope, filter) => ({ rows: jobs.filter((job) => job.eventId === filter.eventId) }),
    },
  };
  const receipt = `aud_${eventId.slice(4)}`;
  return {
    store,
    s,
    ids: { call: 'call_issue', intent, outcome, event: eventId, receipt, job: 'job_1', reaction, lost },
  };
}

function outline(node: ExplainNode, depth = 0): string[] {
  return [`${'  '.repeat(depth)}${node.says}`, ...node.children.flatMap((child) => outline(child, depth + 1))];
}

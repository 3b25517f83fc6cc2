/**
 * Every way in which an exchange can fail, for a read, for a write whose target tells no repeat, and for one whose
 * target does: how many requests go out, and what the call is called afterwards.
 */
import { describe, expect, it } from 'vitest';
import type { NetFailure } from '../../src/core/ports.js';
import { API, outboundWorld } from './world.js';

type Expected = [requests: number, state: 'done' | 'failed' | 'unknown'];
interface Row {
  read: Expected;
  make: Expected;
  makeKeyed: Expected;
}

const all = (requests: number, state: Expected[1]): Row => ({
  read: [requests, state],
  make: [requests, state],
  makeKeyed: [requests, state],
});

/** Nothing was done, for certain, and it will not go away. */
const REFUSED = all(1, 'failed');
/** Nothing was done, for certain, and it may go away. */
const SAFE = all(5, 'failed');
/** It may have been done, and it may go away. */
const OPEN: Row = { read: [5, 'failed'], make: [1, 'unknown'], makeKeyed: [5, 'unknown'] };
/** It may have been done, and nobody says that another try helps. */
const ODD: Row = { read: [1, 'failed'], make: [1, 'unknown'], makeKeyed: [1, 'unknown'] };

const STATUSES: Record<number, Row> = {
  200: all(1, 'done'),
  201: all(1, 'done'),
  301: REFUSED,
  302: ODD,
  303: ODD,
  307: REFUSED,
  308: REFUSED,
  400: REFUSED,
  401: REFUSED,
  402: REFUSED,
  403: REFUSED,
  404: REFUSED,
  405: REFUSED,
  408: OPEN,
  409: REFUSED,
  410: REFUSED,
  413: REFUSED,
  422: REFUSED,
  425: SAFE,
  429: SAFE,
  431: REFUSED,
  451: REFUSED,
  500: OPEN,
  501: REFUSED,
  502: OPEN,
  503: OPEN,
  504: OPEN,
  505: ODD,
  520: ODD,
  524: ODD,
  529: ODD,
};

const SILENCES: [NetFailure['kind'], NetFailure['sent'], Row][] = [
  ['refused', 'no', SAFE],
  ['dns', 'no', SAFE],
  ['timeout', 'no', SAFE],
  ['reset', 'no', SAFE],
  ['tls', 'no', SAFE],
  ['denied', 'no', REFUSED],
  ['malformed', 'no', REFUSED],
  ['aborted', 'no', REFUSED],
  ['timeout', 'maybe', OPEN],
  ['reset', 'maybe', OPEN],
  ['tls', 'maybe', OPEN],
  ['malformed', 'maybe', OPEN],
  ['refused', 'maybe', OPEN],
  ['aborted', 'maybe', ODD],
];

const ACTIONS = ['read', 'make', 'makeKeyed'] as const;

describe.each(ACTIONS)('acme.%s', (action) => {
  it.each(Object.entries(STATUSES))('answered %s', async (status, row) => {
    const [requests, state] = row[action];
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => ({ status: Number(status), body: { id: 't1' } }));
    const result = await world.call(`acme.${action}`, { name: 'x' });
    expect([world.net.requests.length, result.state]).toEqual([requests, state]);
    await expectTraces(world, action, result);
  });

  it.each(SILENCES)('not answered: %s, sent %s', async (kind, sent, row) => {
    const [requests, state] = row[action];
    const world = await outboundWorld();
    world.net.on(`* ${API}`, () => ({ ok: false, failure: { kind, sent, detail: 'test' } }));
    const result = await world.call(`acme.${action}`, { name: 'x' });
    expect([world.net.requests.length, result.state]).toEqual([requests, state]);
    await expectTraces(world, action, result);
  });
});

/** Whatever happened: the ledger agrees, the log has intent and outcome, a person has words. */
async function expectTraces(
  world: Awaited<ReturnType<typeof outboundWorld>>,
  action: (typeof ACTIONS)[number],
  { callId, state, error, idempotencyKey }: Awaited<ReturnType<typeof world.call>>,
): Promise<void> {
  const status = state === 'done' ? 'succeeded' : state;
  const records = await world.records();
  const row = await world.row(callId);
  expect(records.map((record) => record.status)).toEqual(action === 'read' ? [status] : ['started', status]);
  expect(records.at(-1)).toMatchObject({ callId, provider: 'acme', action: `acme.${action}`, idempotencyKey });
  if (action === 'read') expect(row).toBeUndefined();
  else expect(row).toMatchObject({ state, attempts: records.at(-1)!.attempts! || 1 });
  if (state === 'done') return;
  expect(error?.title).not.toMatch(/\d{3}/);
  expect(error?.detail).not.toMatch(/\b\d{3}\b/);
  expect(error?.code).toBe(records.at(-1)?.error?.code);
}

import { expect, it } from 'vitest';
import type { CallResult } from '../core/call.js';
import type { ClaimedJob } from '../core/job.js';
import { SeededRandom } from '../core/seeded-random.js';
import { on } from '../define.js';
import { HandlerTable } from '../jobs/index.js';
import { VirtualClock } from '../testing/index.js';
import type { Gateway } from './gateway.js';
import { runJob } from './steps.js';

const handler = on('github', '*', { name: 'tell', uses: ['slack.sendMessage'] }, async (_event, { actions }) => {
  await actions.slack.sendMessage({ channel: 'C1', text: 'hello' });
});

const job = {
  id: 'job_1',
  scope: { tenant: 't', environment: 'sandbox' },
  fence: 1,
  attempt: 1,
  maxAttempts: 2,
  queue: 'tell',
  generation: 0,
  event: {
    id: 'evt_1',
    key: 'd1',
    headers: '{}',
    sealed: false,
    receivedAtMs: 0,
    body: new TextEncoder().encode('{}'),
  },
} as unknown as ClaimedJob;

const gateway = (result: CallResult): Gateway =>
  ({
    handlers: new HandlerTable([handler]),
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    log: () => {},
    callAction: async () => result,
  }) as unknown as Gateway;

it('a job whose call is still under way, from a run that was cut off, waits and loses no try', async () => {
  const running: CallResult = { callId: 'call_1', idempotencyKey: 'k', state: 'running', retryAfterMs: 700 };
  expect(await runJob(gateway(running), job, undefined)).toEqual({
    kind: 'stopped',
    outcome: { outcome: 'wait', delayMs: 700, reason: 'the call call_1 still runs elsewhere' },
  });
});

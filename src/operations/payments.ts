/** Payments are recorded from verified events alone: whoever asks names an event, and tells nothing. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import { replayFinished } from './events.js';
import { operation } from './gateway.js';

const record = operation({
  name: 'billing.recordPaymentEvent',
  summary: 'Sees to it that a verified payment event is recorded; takes its id and nothing else',
  input: z.strictObject({ eventId: z.string().min(1).max(100).describe('evt_..., as events.list shows it') }),
  output: z.object({
    eventId: z.string(),
    type: z.string(),
    state: z
      .enum(['recorded', 'under_way', 'requeued'])
      .describe(
        'recorded: its handlers are done; under_way: they run, or will by themselves; requeued: they run again',
      ),
  }),
  effect: 'update',
  scope: 'write',
  errors: ['not_found', 'invalid_argument', 'handler_missing'],
  audit: { target: ({ eventId }) => ({ type: 'event', id: eventId }) },
  http: { method: 'POST', path: '/v1/billing/payment-events' },
  cli: { words: 'billing record', positional: ['eventId'], examples: ['fairlead billing record evt_01...'] },
  async run(gateway, context, { eventId }) {
    const event = await gateway.store.events.get(context.scope, eventId);
    if (event === undefined) throw new AppError('not_found', { what: 'event', id: eventId });
    const { provider, type, state } = event;
    if (gateway.webhooks[provider]?.paymentTypes?.includes(type) !== true) {
      const problem = `${provider} ${type} is no payment event`;
      throw new AppError('invalid_argument', { argument: 'eventId', problem });
    }
    if (state === 'completed') return { eventId, type, state: 'recorded' as const };
    if (state !== 'dead' && state !== 'unhandled') return { eventId, type, state: 'under_way' as const };
    if ((await replayFinished(gateway, context, eventId)) > 0) return { eventId, type, state: 'requeued' as const };
    throw new AppError('handler_missing', { handler: `${provider}.${type}` });
  },
});

export const PAYMENT_OPERATIONS = [record];

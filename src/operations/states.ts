/** What handlers have noted about an entity: an order, a payment, a thing of their own. @module */
import { z } from 'zod';
import { redact } from '../core/redact.js';
import { entityState } from '../jobs/index.js';
import { iso } from './fields.js';
import { operation } from './gateway.js';

const get = operation({
  name: 'states.get',
  summary: 'Shows where an entity stands that handlers move, e.g. an order',
  input: z.strictObject({ entity: z.string().min(1).max(500).describe('as the handler names it, e.g. order:cs_123') }),
  output: z.object({
    entity: z.string(),
    isKnown: z.boolean(),
    state: z.string().optional(),
    data: z.unknown().optional(),
    version: z.number().optional().describe('grows with each move'),
    updatedAt: z.string().optional(),
  }),
  effect: 'read',
  scope: 'read',
  errors: [],
  audit: { target: ({ entity }) => ({ type: 'entity', id: entity }) },
  http: { method: 'GET', path: '/v1/states' },
  cli: { words: 'state get', positional: ['entity'], examples: ['fairlead state get order:cs_123'] },
  async run(gateway, context, { entity }) {
    const known = entityState(await gateway.store.state.get(context.scope, entity));
    if (known === undefined) return { entity, isKnown: false };
    const { state, version, data, updatedAtMs } = known;
    return { entity, isKnown: true, state, version, updatedAt: iso(updatedAtMs), data: redact(data ?? {}) };
  },
});

export const STATE_OPERATIONS = [get];

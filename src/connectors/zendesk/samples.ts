/** Sample Zendesk events. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['zen:event-type:ticket.created', 'zen:event-type:ticket.status_changed', 'zen:event-type:user.created'],
  sample(type, id, nowMs) {
    const detail = { id: '35436', subject: 'The export stops', status: 'OPEN' };
    const body = { id, type, time: isoTime(nowMs), account_id: 12_514_403, subject: 'zen:ticket:35436', detail };
    return jsonSample(body, { 'x-zendesk-webhook-invocation-id': `invocation-${id}` });
  },
};

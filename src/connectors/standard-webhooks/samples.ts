/** Sample messages of the shape that the Standard Webhooks specification recommends. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['invoice.paid', 'contact.created', 'user.deleted'],
  sample(type, id, nowMs) {
    const kind = type.split('.')[0]!;
    const data = { id: `${kind}_${id}`, name: 'Ada Example', amount: 4998, currency: 'EUR' };
    return jsonSample({ type, timestamp: isoTime(nowMs), data }, { 'webhook-id': `msg_${id}` });
  },
};

/** Sample Square events. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['payment.created', 'payment.updated', 'refund.created'],
  sample(type, id, nowMs) {
    const kind = type.split('.')[0]!;
    const data = { type: kind, id: `${kind}-${id}`, object: { [kind]: { id: `${kind}-${id}`, status: 'COMPLETED' } } };
    return jsonSample({ merchant_id: 'MERCHANT1', type, event_id: id, created_at: isoTime(nowMs), data });
  },
};

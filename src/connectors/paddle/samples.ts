/** Sample Paddle notifications. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['transaction.completed', 'subscription.created', 'subscription.canceled', 'customer.created'],
  sample(type, id, nowMs) {
    const kind = type.split('.')[0]!;
    return jsonSample({
      event_id: `evt_${id}`,
      event_type: type,
      occurred_at: isoTime(nowMs),
      notification_id: `ntf_${id}`,
      data: { id: `${kind.slice(0, 3)}_${id}`, status: 'active', customer_id: `ctm_${id}` },
    });
  },
};

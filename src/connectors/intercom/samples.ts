/** Sample Intercom notifications. @module */
import { jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['conversation.user.created', 'conversation.user.replied', 'contact.created'],
  sample(type, id, nowMs) {
    return jsonSample({
      type: 'notification_event',
      app_id: 'app1',
      topic: type,
      id: `notif_${id}`,
      created_at: Math.floor(nowMs / 1000),
      delivery_attempts: 1,
      data: { type: 'notification_event_data', item: { type: type.split('.')[0], id: `item-${id}` } },
    });
  },
};

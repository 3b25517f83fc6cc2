/** What a channel is told: headers only. @source connector google/webhooks.ts cites the pages; some names from memory @module */
import { isObject } from '../../core/json.js';
import type { WebhookForm } from '../kit/index.js';

export const channelForm: WebhookForm = {
  scheme: {
    algorithm: 'equal',
    key: 'text',
    signature: { header: 'x-goog-channel-token', encoding: 'text' },
    signs: '',
  },
  compose({ payload, id, subscription }) {
    const { state = 'exists', calendar = '' } = isObject(payload) ? payload : {};
    return {
      headers: {
        'x-goog-channel-id': subscription.id,
        'x-goog-message-number': id,
        'x-goog-resource-id': `res-${String(calendar)}`,
        'x-goog-resource-state': String(state),
        'x-goog-resource-uri': `https://www.googleapis.com/calendar/v3/calendars/${encodeURIComponent(String(calendar))}/events`,
      },
      body: '',
    };
  },
  idOf: String,
};

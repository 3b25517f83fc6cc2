/** Sample Google notifications: a calendar channel (empty body) and a Pub/Sub push. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['channel.exists', 'channel.not_exists', 'pubsub.message'],
  sample(type, id, nowMs) {
    if (type === 'pubsub.message') {
      const data = Buffer.from(JSON.stringify({ emailAddress: 'ada@example.com', historyId: 9001 })).toString('base64');
      const message = { data, messageId: id, publishTime: isoTime(nowMs) };
      return jsonSample({ message, subscription: 'projects/example/subscriptions/mail' });
    }
    return {
      body: '',
      headers: {
        'x-goog-channel-id': `channel-${id}`,
        'x-goog-message-number': '2',
        'x-goog-resource-id': 'resource-1',
        'x-goog-resource-state': type.slice('channel.'.length),
        'x-goog-resource-uri': 'https://www.googleapis.com/calendar/v3/calendars/primary/events',
      },
    };
  },
};

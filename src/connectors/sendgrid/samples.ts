/** Sample SendGrid events, one in its array; the body ends in CR LF as SendGrid's does. @module */
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['delivered', 'processed', 'bounce', 'open', 'click', 'spamreport', 'unsubscribe'],
  sample(type, id, nowMs) {
    const event = {
      email: 'ada@example.org',
      event: type,
      sg_event_id: `sg-${id}`,
      sg_message_id: `message-${id}.filter0001`,
      'smtp-id': `<${id}@example.com>`,
      timestamp: Math.floor(nowMs / 1000),
    };
    return { body: `[${JSON.stringify(event)}]\r\n`, headers: { 'content-type': 'application/json' } };
  },
};

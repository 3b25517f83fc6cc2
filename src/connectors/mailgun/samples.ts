/** Sample Mailgun events. The signature object is put in by the signer. @module */
import { jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['delivered', 'accepted', 'opened', 'clicked', 'failed', 'complained', 'unsubscribed'],
  sample(type, id, nowMs) {
    return jsonSample({
      signature: {},
      'event-data': {
        event: type,
        id,
        timestamp: nowMs / 1000,
        recipient: 'ada@example.org',
        'recipient-domain': 'example.org',
        message: { headers: { 'message-id': `${id}@example.com`, subject: 'Your new plan' } },
        ...(type === 'failed' && { severity: 'permanent', reason: 'suppress-bounce' }),
      },
    });
  },
};

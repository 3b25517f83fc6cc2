/** Sample Postmark records. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

const TIMES: Record<string, string> = {
  Delivery: 'DeliveredAt',
  Bounce: 'BouncedAt',
  Open: 'ReceivedAt',
  Click: 'ReceivedAt',
  SpamComplaint: 'BouncedAt',
  SubscriptionChange: 'ChangedAt',
};

export const samples: SampleSet = {
  types: Object.keys(TIMES),
  sample(type, id, nowMs) {
    return jsonSample({
      RecordType: type,
      MessageID: id,
      ServerID: 1234,
      MessageStream: 'outbound',
      Recipient: 'ada@example.org',
      [TIMES[type] ?? 'ReceivedAt']: isoTime(nowMs),
      Metadata: {},
    });
  },
};

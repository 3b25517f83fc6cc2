/** Sample messages as Svix forwards them for its customers. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['invoice.paid', 'user.signup'],
  sample(type, id, nowMs) {
    const data = { id: `${type.split('.')[0]!}_${id}`, name: 'Ada Example' };
    return jsonSample({ type, timestamp: isoTime(nowMs), data }, { 'svix-id': `msg_${id}` });
  },
};

/** Sample Zoom events. @module */
import { jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['meeting.started', 'meeting.ended', 'recording.completed'],
  sample(type, id, nowMs) {
    const object = { id: '111111111', uuid: `uuid-${id}`, topic: 'Weekly review' };
    const body = { event: type, event_ts: nowMs, payload: { account_id: 'account1', object } };
    return jsonSample(body, { 'x-zm-trackingid': `track-${id}` });
  },
};

/** Sample Calendly events. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['invitee.created', 'invitee.canceled'],
  sample(type, id, nowMs) {
    const payload = {
      uri: `https://api.calendly.com/scheduled_events/1/invitees/${id}`,
      name: 'Ada Example',
      email: 'ada@example.org',
      status: type === 'invitee.created' ? 'active' : 'canceled',
    };
    return jsonSample({
      event: type,
      created_at: isoTime(nowMs),
      created_by: 'https://api.calendly.com/users/1',
      payload,
    });
  },
};

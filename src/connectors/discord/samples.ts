/** Sample Discord requests: an interaction (type 2) and webhook events. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['interaction.2', 'APPLICATION_AUTHORIZED', 'ENTITLEMENT_CREATE'],
  sample(type, id, nowMs) {
    const application = { version: 1, application_id: '1234560123453231555' };
    if (type.startsWith('interaction.')) {
      const data = { id: '1', name: 'deploy', type: 1 };
      return jsonSample({
        ...application,
        id,
        type: 2,
        data,
        guild_id: '41771983423143937',
        channel_id: '645027906669510667',
      });
    }
    return jsonSample({ ...application, type: 1, event: { type, timestamp: isoTime(nowMs), data: { id } } });
  },
};

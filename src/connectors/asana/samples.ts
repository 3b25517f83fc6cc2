/** Sample Asana events, one in its list. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['task.changed', 'task.added', 'story.added'],
  sample(type, id, nowMs) {
    const [kind, action] = type.split('.');
    const resource = { gid: `gid-${id}`, resource_type: kind };
    return jsonSample({
      events: [{ action, resource, parent: null, created_at: isoTime(nowMs), user: { gid: '1123' } }],
    });
  },
};

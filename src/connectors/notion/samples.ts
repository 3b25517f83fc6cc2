/** Sample Notion events: thin, with ids only. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['page.created', 'page.content_updated', 'comment.created'],
  sample(type, id, nowMs) {
    return jsonSample({
      id,
      timestamp: isoTime(nowMs),
      workspace_id: 'workspace-1',
      subscription_id: 'subscription-1',
      integration_id: 'integration-1',
      type,
      attempt_number: 1,
      entity: { id: `entity-${id}`, type: type.split('.')[0] },
      data: {},
    });
  },
};

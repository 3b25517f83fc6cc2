/** Sample Linear webhooks: invented data. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['Issue.create', 'Issue.update', 'Comment.create'],
  sample(type, id, nowMs) {
    const [kind, action] = type.split('.') as [string, string];
    const at = isoTime(nowMs);
    const data =
      kind === 'Comment'
        ? { id: `comment-${id}`, body: 'It happens here, too.', issueId: `issue-${id}`, createdAt: at }
        : {
            id: `issue-${id}`,
            identifier: 'ENG-42',
            title: 'The export stops',
            priority: 2,
            createdAt: at,
            updatedAt: at,
          };
    const body = {
      action,
      type: kind,
      createdAt: at,
      data,
      organizationId: 'organisation-1',
      webhookTimestamp: nowMs,
      webhookId: 'webhook-1',
    };
    return jsonSample(body, { 'linear-delivery': id, 'linear-event': kind });
  },
};

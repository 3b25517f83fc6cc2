/** Sample Jira webhooks. @module */
import { jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['jira:issue_created', 'jira:issue_updated', 'comment_created'],
  sample(type, id, nowMs) {
    const fields = { summary: 'The export stops', project: { key: 'ENG' }, status: { name: 'Open' } };
    const body = { timestamp: nowMs, webhookEvent: type, issue: { id: '10042', key: 'ENG-42', fields } };
    return jsonSample(body, { 'x-atlassian-webhook-identifier': id });
  },
};

/** Sample GitLab events. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['push', 'merge_request.open', 'issue.open'],
  sample(type, id, nowMs) {
    const [kind, action] = type.split('.') as [string, string?];
    const body = {
      object_kind: kind,
      event_name: kind,
      project: { id: 15, path_with_namespace: 'example-org/engine' },
      ...(action === undefined
        ? { ref: 'refs/heads/main', checkout_sha: id.padEnd(40, '0').slice(0, 40) }
        : { object_attributes: { id: 99, iid: 7, title: 'Export every page', action, updated_at: isoTime(nowMs) } }),
    };
    return jsonSample(body, { 'idempotency-key': id, 'webhook-id': id, 'x-gitlab-event': `${kind} Hook` });
  },
};

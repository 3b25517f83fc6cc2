/** Sample GitHub deliveries: invented data. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

const user = (login: string): Record<string, unknown> => ({ login, id: login.length * 7919, type: 'User' });

const repository = {
  id: 51_234_567,
  name: 'engine',
  full_name: 'example-org/engine',
  private: true,
  default_branch: 'main',
  owner: user('example-org'),
  html_url: 'https://github.com/example-org/engine',
};

const issue = (at: string): Record<string, unknown> => ({
  id: 2_500_000_001,
  number: 42,
  title: 'The export stops after the first page',
  body: 'Steps: open a report with more than 100 rows and export it.',
  state: 'open',
  labels: [{ name: 'bug', color: 'd73a4a' }],
  user: user('ada'),
  created_at: at,
  updated_at: at,
  html_url: 'https://github.com/example-org/engine/issues/42',
});

const commit = (id: string, at: string): Record<string, unknown> => ({
  id: id.padEnd(40, '0').slice(0, 40),
  message: 'Read every page of a report before it is exported',
  timestamp: at,
  author: { name: 'Ada Example', email: 'ada@example.com', username: 'ada' },
  added: [],
  removed: [],
  modified: ['src/export.ts'],
});

const PAYLOADS: Record<string, (id: string, at: string) => Record<string, unknown>> = {
  push: (id, at) => ({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: id.padEnd(40, '0').slice(0, 40),
    created: false,
    deleted: false,
    forced: false,
    commits: [commit(id, at)],
    head_commit: commit(id, at),
    pusher: { name: 'ada', email: 'ada@example.com' },
  }),
  'issues.opened': (_id, at) => ({ issue: issue(at) }),
  'issues.closed': (_id, at) => ({ issue: { ...issue(at), state: 'closed', closed_at: at } }),
  'issue_comment.created': (id, at) => ({
    issue: issue(at),
    comment: {
      id: 990_001,
      body: `It happens here, too (${id}).`,
      user: user('grace'),
      created_at: at,
      updated_at: at,
    },
  }),
  'pull_request.opened': (id, at) => ({
    number: 43,
    pull_request: {
      id: 1_700_000_043,
      number: 43,
      title: 'Export every page',
      state: 'open',
      draft: false,
      merged: false,
      user: user('ada'),
      head: { ref: 'export-pages', sha: id.padEnd(40, '0').slice(0, 40) },
      base: { ref: 'main', sha: '1'.repeat(40) },
      created_at: at,
      updated_at: at,
    },
  }),
  'release.published': (_id, at) => ({
    release: {
      id: 7_001,
      tag_name: 'v1.4.0',
      name: '1.4.0',
      draft: false,
      prerelease: false,
      body: '',
      published_at: at,
    },
  }),
  'workflow_run.completed': (_id, at) => ({
    workflow_run: {
      id: 8_001,
      name: 'check',
      head_branch: 'main',
      status: 'completed',
      conclusion: 'failure',
      updated_at: at,
    },
  }),
  ping: () => ({
    zen: 'Keep it small.',
    hook_id: 1001,
    hook: { type: 'Repository', id: 1001, active: true, events: ['*'] },
  }),
};

export const samples: SampleSet = {
  types: Object.keys(PAYLOADS),
  forFirstSteps: true,
  sample(type, id, nowMs) {
    const [event, action] = type.split('.', 2) as [string, string?];
    const at = isoTime(nowMs).replace(/\.\d+Z$/, 'Z');
    const payload = {
      ...(action !== undefined && { action }),
      ...PAYLOADS[type]?.(id, at),
      repository,
      organization: { login: 'example-org', id: 9001 },
      sender: user('ada'),
    };
    return jsonSample(payload, {
      'user-agent': 'GitHub-Hookshot/sample',
      'x-github-delivery': id,
      'x-github-event': event,
      'x-github-hook-id': '1001',
    });
  },
};

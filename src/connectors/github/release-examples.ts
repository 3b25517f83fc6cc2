/** Releases, commits and deliveries: what we send and how we read it. Run as tests by the connector suite. @module */
import type { CallExample, ReconcileExample } from '../../core/connector.js';
import { MARK } from './issue-examples.js';

const AT = '2026-01-05T09:00:00Z';
const IN = { repository: 'octo/widgets' };

const RELEASE = {
  id: 11,
  tag_name: 'v1.2.0',
  name: 'Widgets 1.2.0',
  body: `What is new.\n\n${MARK}`,
  draft: true,
  prerelease: false,
  author: { login: 'ada' },
  html_url: 'https://github.com/octo/widgets/releases/tag/v1.2.0',
  created_at: AT,
  published_at: null,
};
const READ = {
  id: 11,
  tag: 'v1.2.0',
  name: 'Widgets 1.2.0',
  notes: 'What is new.',
  draft: true,
  prerelease: false,
  author: 'ada',
  url: 'https://github.com/octo/widgets/releases/tag/v1.2.0',
  createdAt: AT,
};
const PUBLISHED = { ...RELEASE, tag_name: 'v1.1.0', name: null, body: null, draft: false, published_at: AT };

const COMMIT = {
  sha: 'a'.repeat(40),
  commit: { message: 'fix: it\n\nAt last.', author: { name: 'Ada' }, committer: { date: AT } },
  author: null,
  html_url: 'https://github.com/octo/widgets/commit/aaaaaaa',
};
const READ_COMMIT = {
  sha: 'a'.repeat(40),
  title: 'fix: it',
  message: 'fix: it\n\nAt last.',
  author: 'Ada',
  committedAt: AT,
  url: 'https://github.com/octo/widgets/commit/aaaaaaa',
};
const TAGS = ['v1.9.0', 'v1.10.0', 'v1.10.0-rc.1', 'nightly'].map((name) => ({ name }));
const pageLink = (path: string) => ({ link: `<https://api.github.com${path}>; rel="next"` });

const GUID = '0b989ba4-242f-11e5-81e1-c7b6966d2516';
const DELIVERY = {
  id: 12345678,
  guid: GUID,
  delivered_at: AT,
  redelivery: false,
  duration: 0.27,
  status: 'OK',
  status_code: 200,
  event: 'issues',
  action: 'opened',
};
const READ_DELIVERY = {
  id: '12345678',
  guid: GUID,
  event: 'issues',
  action: 'opened',
  deliveredAt: AT,
  isRedelivery: false,
  statusCode: 200,
  status: 'OK',
};
const HOOK = { ...IN, hookId: 3 };
const CREATE = { ...IN, tag: 'v1.2.0', name: 'Widgets 1.2.0', notes: 'What is new.', draft: true };
const REDELIVER = { ...HOOK, deliveryId: '12345678', guid: GUID };

export const releaseCalls: Record<string, CallExample[]> = {
  listReleases: [
    {
      input: { ...IN, cursor: 'page=2' },
      request: { method: 'GET', url: '/repos/octo/widgets/releases', query: { per_page: 100, page: 2 } },
      answer: { headers: pageLink('/repositories/1/releases?per_page=100&page=3'), body: [RELEASE] },
      output: { releases: [READ], nextCursor: 'page=3' },
    },
  ],
  getLatestRelease: [
    {
      input: IN,
      request: { method: 'GET', url: '/repos/octo/widgets/releases/latest' },
      answer: { body: PUBLISHED },
      output: { ...READ, tag: 'v1.1.0', name: '', notes: '', draft: false, publishedAt: AT },
    },
  ],
  createRelease: [
    {
      input: CREATE,
      request: {
        method: 'POST',
        url: '/repos/octo/widgets/releases',
        json: { tag_name: 'v1.2.0', name: 'Widgets 1.2.0', body: `What is new.\n\n${MARK}`, draft: true },
      },
      answer: { status: 201, body: RELEASE },
      output: READ,
    },
  ],
  listUnreleasedCommits: [
    {
      input: IN,
      lookups: [{ body: [RELEASE, { ...PUBLISHED, prerelease: true, tag_name: 'v2' }, PUBLISHED] }],
      request: { method: 'GET', url: '/repos/octo/widgets/compare/v1.1.0...HEAD', query: { per_page: 100 } },
      answer: {
        headers: pageLink('/repositories/1/compare/v1.1.0...HEAD?per_page=100&page=2'),
        body: { total_commits: 101, commits: [COMMIT] },
      },
      output: { since: 'v1.1.0', commits: [READ_COMMIT], total: 101, nextCursor: 'since=v1.1.0&page=2' },
    },
    {
      input: { ...IN, head: 'release/next', cursor: 'since=v1.1.0&page=2' },
      request: {
        method: 'GET',
        url: '/repos/octo/widgets/compare/v1.1.0...release%2Fnext',
        query: { per_page: 100, page: 2 },
      },
      answer: { body: { total_commits: 101, commits: [] } },
      output: { since: 'v1.1.0', commits: [], total: 101 },
    },
    {
      input: IN,
      lookups: [{ body: [] }, { body: TAGS }],
      request: { method: 'GET', url: '/repos/octo/widgets/compare/v1.10.0...HEAD', query: { per_page: 100 } },
      answer: { body: { total_commits: 0, commits: [] } },
      output: { since: 'v1.10.0', commits: [], total: 0 },
    },
    {
      input: IN,
      lookups: [{ body: [] }, { body: [] }],
      request: { method: 'GET', url: '/repos/octo/widgets/commits', query: { per_page: 100 } },
      answer: { headers: pageLink('/repositories/1/commits?page=2'), body: [COMMIT] },
      output: { commits: [READ_COMMIT], nextCursor: 'since=&page=2' },
    },
    {
      input: { ...IN, cursor: 'since=&page=2' },
      request: { method: 'GET', url: '/repos/octo/widgets/commits', query: { per_page: 100, page: 2 } },
      answer: { body: [] },
      output: { commits: [] },
    },
  ],
  listWebhookDeliveries: [
    {
      input: { ...HOOK, cursor: 'cursor=v1_12' },
      request: {
        method: 'GET',
        url: '/repos/octo/widgets/hooks/3/deliveries',
        query: { per_page: 100, cursor: 'v1_12' },
      },
      answer: {
        headers: pageLink('/repositories/1/hooks/3/deliveries?per_page=100&cursor=v1_13'),
        body: JSON.stringify([DELIVERY]).replace('12345678', '9007199254740993'),
      },
      output: { deliveries: [{ ...READ_DELIVERY, id: '9007199254740993' }], nextCursor: 'cursor=v1_13' },
    },
  ],
  redeliverWebhookDelivery: [
    {
      input: REDELIVER,
      request: { method: 'POST', url: '/repos/octo/widgets/hooks/3/deliveries/12345678/attempts' },
      answer: { status: 202, body: {} },
      output: { isRequested: true },
    },
  ],
};

export const releaseReconciles: Record<string, ReconcileExample[]> = {
  createRelease: [
    { input: CREATE, answers: [{ body: [PUBLISHED, RELEASE] }], means: { found: READ } },
    {
      input: CREATE,
      answers: [{ headers: pageLink('/repositories/1/releases?page=2'), body: [PUBLISHED] }, { body: [] }],
      means: 'not_found',
    },
  ],
  redeliverWebhookDelivery: [
    {
      input: REDELIVER,
      answers: [
        { headers: pageLink('/repositories/1/hooks/3/deliveries?cursor=v1_12'), body: [DELIVERY] },
        { body: [{ ...DELIVERY, id: 12345679, redelivery: true }] },
      ],
      means: { found: { isRequested: true } },
    },
    { input: REDELIVER, answers: [{ body: [DELIVERY] }], means: 'not_found' },
    { input: REDELIVER, answers: [{ body: [{}] }], means: 'undecided' },
  ],
};

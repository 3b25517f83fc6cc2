/** The simulated GitHub: what it does, and whether GitHub's own description agrees. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhooks as connectorWebhooks } from '../../src/connectors/github/webhooks.js';
import { verifyDelivery } from '../../src/core/signature/index.js';
import { GithubSandbox } from '../../src/sandbox/index.js';
import { clientOf, NOW_MS } from './client.js';
import { coverageText, officialDescription, specs, type Checker } from './official-description.js';

const W = '/repos/octo/widgets';
const PUBLIC = { 'user-agent': 'test' };
let checker: Checker | undefined;

beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'github/openapi.json' });
});
afterAll(() =>
  console.log(checker === undefined ? `github: unchecked, ${specs.reason}` : coverageText('github', checker)),
);

function setUp(options: ConstructorParameters<typeof GithubSandbox>[0] = {}) {
  const github = new GithubSandbox({ ...(checker && { onExchange: checker.see }), ...options });
  const authorization = `Bearer ${github.mainToken.value}`;
  return { github, ask: clientOf(github, { ...PUBLIC, authorization }), stranger: clientOf(github, PUBLIC) };
}

describe('the simulated GitHub', () => {
  it('creates, lists, changes and comments issues', () => {
    const { ask, github } = setUp();
    const made = ask(`POST ${W}/issues`, { json: { title: 'It breaks', body: 'Here.', labels: ['bug', 'new'] } });
    expect(made).toMatchObject({ status: 201, body: { number: 3, title: 'It breaks', state: 'open' } });
    expect(made.body.labels.map((one: { name: string }) => one.name)).toEqual(['bug', 'new']);
    expect(ask(`POST ${W}/issues/3/comments`, { json: { body: 'Seen.' } })).toMatchObject({ status: 201 });
    expect(ask(`GET ${W}/issues/3/comments`).body).toMatchObject([{ body: 'Seen.' }]);
    expect(ask(`PATCH ${W}/issues/3`, { json: { state: 'closed' } }).body).toMatchObject({
      state: 'closed',
      comments: 1,
    });
    expect(ask(`GET ${W}/issues`).body.map((one: { number: number }) => one.number)).toEqual([1, 2]);
    expect(ask(`GET ${W}/issues?state=closed`).body).toMatchObject([{ number: 3 }]);
    expect(ask(`GET ${W}/issues/3`).body.closed_at).toBe('2026-02-02T12:00:00Z');
    expect(ask(`GET /search/issues?q=${encodeURIComponent('breaks repo:octo/widgets is:closed')}`).body).toMatchObject({
      total_count: 1,
      items: [{ number: 3, score: 1 }],
    });
    expect(github.issues).toHaveLength(2);
  });

  it('refuses as GitHub does', () => {
    const { ask, stranger, github } = setUp();
    expect(stranger('GET /user')).toMatchObject({ status: 401, body: { message: 'Requires authentication' } });
    expect(ask('GET /user', { headers: { authorization: 'Bearer ghp_other' } }).body.message).toBe('Bad credentials');
    expect(ask('GET /repos/octo/nothing').status).toBe(404);
    expect(ask('GET /nowhere').status).toBe(404);
    expect(ask(`POST ${W}/issues`, { json: {} })).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'title', code: 'missing_field' }] },
    });
    expect(ask(`POST ${W}/issues`, { json: [] }).status).toBe(422);
    expect(ask(`POST ${W}/issues`, { json: { title: { a: 1 } } }).status).toBe(422);
    expect(clientOf(github, { authorization: `Bearer ${github.mainToken.value}` })('GET /user').status).toBe(403);
    const reader = { authorization: 'Bearer ghp_sandboxTokenThatOnlyReads00000000000000' };
    expect(ask(`POST ${W}/issues`, { json: { title: 'x' }, headers: reader }).status).toBe(403);
    expect(ask('GET /repos/octo/vault', { headers: reader }).status).toBe(404);
    expect(ask('GET /repos/octo/vault').body.private).toBe(true);
  });

  it('pages by Link header, to the end', () => {
    const { ask } = setUp();
    const seen: string[] = [];
    let next: string | undefined = `${W}/commits?per_page=20`;
    while (next !== undefined) {
      const { body, headers } = ask(`GET ${next}`);
      seen.push(...body.map((one: { sha: string }) => one.sha));
      const link: string | undefined = /<https:\/\/api\.github\.com([^>]+)>; rel="next"/.exec(
        headers['link'] ?? '',
      )?.[1];
      next = link;
    }
    expect(new Set(seen).size).toBe(45);
    expect(ask(`GET ${W}/commits?per_page=20&page=3`).headers['link']).toMatch(/rel="prev".*rel="first"/);
    expect(ask('GET /user').headers['link']).toBeUndefined();
  });

  it('knows what is not released yet', () => {
    const { ask, github } = setUp();
    expect(ask(`GET ${W}/releases/latest`).body.tag_name).toBe('v1.1.0');
    github.push('feat: more', NOW_MS);
    const { body } = ask(`GET ${W}/compare/v1.1.0...main?per_page=10`);
    expect(body).toMatchObject({ status: 'ahead', ahead_by: 16, total_commits: 16 });
    expect(body.commits).toHaveLength(10);
    const made = ask(`POST ${W}/releases`, { json: { tag_name: 'v1.2.0', name: 'More', body: 'Notes' } });
    expect(made.status).toBe(201);
    expect(ask(`GET ${W}/compare/v1.2.0...main`).body.status).toBe('identical');
    expect(ask(`GET ${W}/releases`).body).toHaveLength(3);
    expect(ask(`POST ${W}/releases`, { json: { tag_name: 'v1.2.0' } }).status).toBe(422);
    expect(ask(`GET ${W}/compare/v9...main`).status).toBe(404);
  });

  it('lists repositories, labels and pull requests, and takes new ones', () => {
    const { ask } = setUp();
    expect(ask('GET /user').body.login).toBe('fairlead-bot');
    expect(ask('GET /user/repos').body).toHaveLength(2);
    expect(ask(`GET ${W}`).body).toMatchObject({ full_name: 'octo/widgets', default_branch: 'main' });
    expect(ask(`GET ${W}/labels`).body).toHaveLength(2);
    expect(ask(`GET ${W}/pulls`).body).toMatchObject([{ number: 2, title: 'Skip empty lines' }]);
    const json = { title: 'Another', head: 'topic', base: 'main' };
    expect(ask(`POST ${W}/pulls`, { json })).toMatchObject({ status: 201, body: { number: 3, merged: false } });
    expect(ask(`GET ${W}/pulls/3`).status).toBe(200);
    expect(ask(`POST ${W}/pulls`, { json: { title: 'x' } }).status).toBe(422);
  });

  it('tells subscribers, signed as the connector verifies, and sends again when asked', () => {
    const { ask, github } = setUp();
    const config = { url: 'https://in.test/github', content_type: 'json', secret: 'a webhook secret' };
    const { body } = ask(`POST ${W}/hooks`, { json: { name: 'web', events: ['issues', 'push'], config } });
    expect(JSON.stringify(body)).not.toContain(config.secret);
    ask(`POST ${W}/issues`, { json: { title: 'x' } });
    ask(`POST ${W}/issues/1/comments`, { json: { body: 'not asked for' } });
    github.push('fix: it', NOW_MS);
    const sent = github.webhooks.take();
    expect(sent.map(({ type }) => type)).toEqual(['ping', 'issues', 'push']);
    const scheme = connectorWebhooks.schemes['github-hmac-sha256']!;
    for (const { headers, body } of sent) {
      const verdict = verifyDelivery(scheme, { headers, body, secrets: [config.secret], nowMs: NOW_MS });
      expect(verdict).toMatchObject({ ok: true });
    }
    expect(connectorWebhooks.identify(sent[1]!)).toMatchObject({ type: 'issues.opened', subject: 'octo/widgets#3' });
    const { body: list } = ask(`GET ${W}/hooks/${body.id}/deliveries`);
    expect(list).toHaveLength(3);
    expect(ask(`POST ${W}/hooks/${body.id}/deliveries/${list[0].id}/attempts`).status).toBe(202);
    expect(github.webhooks.take().map(({ id }) => id)).toEqual([list[0].guid]);
    expect(ask(`GET ${W}/hooks`).body).toHaveLength(1);
    expect(ask(`DELETE ${W}/hooks/${body.id}`).status).toBe(204);
    expect(ask(`DELETE ${W}/hooks/${body.id}`).status).toBe(404);
  });

  it('counts: a primary limit with its headers, and a secondary one with its words', () => {
    const { ask } = setUp({ limits: { core: { limit: 3 }, secondary: { limit: 1 } } });
    expect(ask(`POST ${W}/issues`, { json: { title: 'a' } }).headers).toMatchObject({
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '2',
      'x-ratelimit-resource': 'core',
    });
    const tooMany = ask(`POST ${W}/issues`, { json: { title: 'b' } });
    expect(tooMany).toMatchObject({ status: 403, headers: { 'retry-after': '60' } });
    expect(tooMany.body.message).toContain('secondary rate limit');
    expect(ask('GET /user').status).toBe(200);
    const over = ask('GET /user');
    expect(over).toMatchObject({ status: 403, headers: { 'x-ratelimit-remaining': '0' } });
    const reset = Number(over.headers['x-ratelimit-reset']) * 1000;
    expect(ask('GET /user', { nowMs: reset - 1 }).status).toBe(403);
    expect(ask('GET /user', { nowMs: reset }).status).toBe(200);
  });

  it('misbehaves by rule', () => {
    const { ask, github } = setUp();
    github.faults.add({ kind: 'business', name: 'missing_scope' }, 1, { method: 'GET', path: '/user' });
    expect(ask(`GET ${W}`).status).toBe(200);
    expect(ask('GET /user').status).toBe(403);
    expect(ask('GET /user').status).toBe(200);
  });

  it.runIf(specs.available)('asks and answers as the official description says', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(25);
    expect(checker!.checkedAnswers).toBeGreaterThan(30);
  });
});

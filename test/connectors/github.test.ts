/** GitHub's actions through the real pipeline against the simulated GitHub, and GitHub's own description beside it. */
import type { components, operations, paths } from '@octokit/openapi-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/github/index.js';
import { markAsUuid } from '../../src/core/mark.js';
import { everyItem } from '../../src/core/pages.js';
import { commitShape, releaseShape, tagShape } from '../../src/sandbox/github/shapes.js';
import { GithubSandbox } from '../../src/sandbox/index.js';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { answerTo, connected, restrictedTo, settled, type Connected } from './connected.js';

const API = 'https://api.github.com';
const IN = { repository: 'octo/widgets' };
const KEY = 'order-7';

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'github/openapi.json' });
});
afterAll(() =>
  console.log(checker === undefined ? `github: unchecked, ${specs.reason}` : coverageText('github actions', checker)),
);

type SetUp = Connected & { github: GithubSandbox };

async function setUp(
  sandbox: ConstructorParameters<typeof GithubSandbox>[0] = {},
  options: Parameters<typeof connected>[2] = {},
): Promise<SetUp> {
  const github = new GithubSandbox({ ...(checker && { onExchange: checker.see }), ...sandbox });
  const env = { GITHUB_TOKEN: github.mainToken.value, ...options.env };
  // The history of the simulated repository is as old as a day.
  const world = await connected(github, [API], { startMs: Date.UTC(2026, 1, 2, 12), ...options, env });
  return { ...world, github };
}

/** A repository with a webhook that has delivered two events. */
async function withDeliveries(world: SetUp) {
  const nowMs = world.clock.nowMs();
  const hook = world.github.webhooks.subscribe({ id: '77', url: 'https://in.test/github', secret: 'a webhook secret' });
  world.github.push('fix: it', nowMs);
  world.github.push('feat: more', nowMs);
  world.github.webhooks.take();
  const [first] = world.github.webhooks.deliveries;
  return { ...IN, hookId: Number(hook.id), deliveryId: '1', guid: first!.id };
}

interface Write {
  action: string;
  input: (world: SetUp) => object | Promise<object>;
  effects: (github: GithubSandbox) => number;
  output: object;
  refusedIn: object;
  words: RegExp;
}

const widgets = (github: GithubSandbox) => github.repository()!;

const WRITES: readonly Write[] = [
  {
    action: 'createIssue',
    input: () => ({ ...IN, title: 'It breaks', body: 'Here.', labels: ['bug', 'new'], assignees: ['ada'] }),
    effects: (github) => github.issues.filter(({ title }) => title === 'It breaks').length,
    output: { number: 3, title: 'It breaks', body: 'Here.', labels: ['bug', 'new'], state: 'open', assignees: ['ada'] },
    refusedIn: { repository: 'octo/nothing', title: 'x' },
    words: /GitHub: there is no such thing, or the token may not see it/,
  },
  {
    action: 'updateIssue',
    input: () => ({ ...IN, number: 1, title: 'Renamed', state: 'closed', reason: 'not_planned', labels: ['new'] }),
    effects: (github) => github.webhooks.deliveries.filter(({ type }) => type === 'issues').length,
    output: { number: 1, title: 'Renamed', state: 'closed', labels: ['new'], body: 'It should go on.' },
    refusedIn: { ...IN, number: 999, title: 'x' },
    words: /there is no such thing/,
  },
  {
    action: 'createComment',
    input: () => ({ ...IN, number: 1, body: 'Seen.' }),
    effects: (github) => github.issues[0]!.comments.length,
    output: { body: 'Seen.', author: 'fairlead-bot' },
    refusedIn: { ...IN, number: 999, body: 'x' },
    words: /there is no such thing/,
  },
  {
    action: 'createRelease',
    input: () => ({ ...IN, tag: 'v1.2.0', name: 'Widgets 1.2.0', notes: 'What is new.', draft: true }),
    effects: (github) => widgets(github).releases.filter(({ tag }) => tag === 'v1.2.0').length,
    output: { tag: 'v1.2.0', draft: true, notes: 'What is new.', name: 'Widgets 1.2.0' },
    refusedIn: { ...IN, tag: 'v1.1.0' },
    words: /GitHub: GitHub does not take it: tag name is taken already/,
  },
  {
    action: 'redeliverWebhookDelivery',
    input: withDeliveries,
    effects: (github) => github.data.redeliveries.length,
    output: { isRequested: true },
    refusedIn: { ...IN, hookId: 77, deliveryId: '4711' },
    words: /there is no such thing/,
  },
];

describe.each(WRITES)('github.$action', ({ action, input, effects, output, refusedIn, words }) => {
  const name = `github.${action}`;
  const ready = async (options?: Parameters<typeof setUp>[0]) => {
    const world = await setUp(options);
    // Counts what happens to an issue.
    world.github.webhooks.subscribe({ id: 'issues', url: 'https://in.test/issues', events: ['issues'] });
    return { world, given: await input(world) };
  };

  it('does it', async () => {
    const { world, given } = await ready();
    expect(await world.call(name, given)).toMatchObject({ state: 'done', output });
    expect(effects(world.github)).toBe(1);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const { world, given } = await ready();
    const { state, preview } = await world.call(name, given, { dryRun: true });
    expect(state).toBe('previewed');
    expect(preview?.url).toMatch(/^https:\/\/api\.github\.com\/repos\/octo\/widgets\//);
    expect(JSON.stringify(preview)).not.toContain(world.github.mainToken.value);
    expect([world.writes(), effects(world.github)]).toEqual([0, 0]);
  });

  it('says in words why not', async () => {
    const { world, given } = await ready();
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
    world.github.faults.add({ kind: 'business', name: 'missing_scope' });
    const refused = await world.call(name, given);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
    expect(refused.error?.detail).toMatch(/Resource not accessible by personal access token/);
    expect(effects(world.github)).toBe(0);
  });

  it('has one effect when the answer is lost, and finds it again', async () => {
    const { world, given } = await ready();
    world.github.faults.add({ kind: 'lost_answer' });
    expect((await world.call(name, given, { idempotencyKey: KEY })).state).toBe('unknown');
    expect(await settled(world, name, given, KEY)).toMatchObject({ state: 'done', output });
    expect([world.writes(), effects(world.github)]).toEqual([1, 1]);
  });

  it('stays unknown when it never arrived: nobody sends it again on a guess', async () => {
    const { world, given } = await ready();
    world.github.faults.add({ kind: 'failure', status: 502 });
    expect((await settled(world, name, given, KEY)).state).toBe('unknown');
    expect([world.writes(), effects(world.github)]).toEqual([1, 0]);
  });

  it('waits as long as a secondary limit asks, and does it once', async () => {
    const { world, given } = await ready();
    world.github.faults.add({ kind: 'rate_limited', retryAfterSeconds: 3 });
    expect((await world.call(name, given)).state).toBe('done');
    expect(effects(world.github)).toBe(1);
  });
});

const READS: readonly { action: string; input: object; output: object; refusedIn: object }[] = [
  {
    action: 'getIssue',
    input: { ...IN, number: 1 },
    output: { number: 1, isPullRequest: false },
    refusedIn: { number: 9 },
  },
  { action: 'listIssues', input: IN, output: { issues: [{ number: 1 }] }, refusedIn: { repository: 'octo/no' } },
  {
    action: 'searchIssues',
    input: { ...IN, words: 'empty "first empty line"', state: 'open', labels: ['bug'], author: 'ada' },
    output: { issues: [{ number: 1 }], total: 1, isIncomplete: false },
    refusedIn: { state: 'open' },
  },
  {
    action: 'listReleases',
    input: IN,
    output: { releases: [{ tag: 'v1.1.0' }, { tag: 'v1.0.0' }] },
    refusedIn: { repository: 'octo/no' },
  },
  { action: 'getLatestRelease', input: IN, output: { tag: 'v1.1.0' }, refusedIn: { repository: 'octo/no' } },
  {
    action: 'listUnreleasedCommits',
    input: IN,
    output: { since: 'v1.1.0', total: 17 },
    refusedIn: { since: 'v9' },
  },
  {
    action: 'listWebhookDeliveries',
    input: { ...IN, hookId: 77 },
    output: { deliveries: [{ id: '2', event: 'push', isRedelivery: false }, { id: '1' }] },
    refusedIn: { repository: 'octo/no' },
  },
];

describe.each(READS)('github.$action', ({ action, input, output, refusedIn }) => {
  const name = `github.${action}`;

  it('answers, asks again after a lost answer, and shows its request in a dry run', async () => {
    const world = await setUp();
    await withDeliveries(world);
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    world.github.faults.add({ kind: 'lost_answer' }, 1, { method: 'GET' });
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    const before = world.github.received.count;
    const { preview } = await world.call(name, input, { dryRun: true });
    expect(preview).toMatchObject({ method: 'GET', headers: { 'x-github-api-version': '2022-11-28' } });
    const asked = (preview?.lookups ?? []).length;
    expect(world.github.received.count - before).toBe(asked);
  });

  it('says in words why not', async () => {
    const world = await setUp();
    const path = action === 'searchIssues' ? { path: '/search/*' } : { path: '/nowhere' };
    world.github.faults.add(
      {
        kind: 'failure',
        status: 422,
        json: { message: 'Validation Failed', documentation_url: 'https://docs.github.com' },
      },
      1,
      path,
    );
    const { state, error } = await world.call(name, { ...input, ...refusedIn });
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(/there is no such thing|Validation Failed/);
    expect(error?.detail).not.toMatch(/\b4\d\d\b/);
  });
});

describe('GitHub through the pipeline', () => {
  it('lists all unreleased commits, page by page, from the same release to the end', async () => {
    const world = await setUp();
    for (let i = 0; i < 240; i++) world.github.push(`feat: number ${i}\n\nMore of it.`, world.clock.nowMs());
    type Page = { commits: { title: string; sha: string }[]; since?: string; nextCursor?: string };
    let pages = 0;
    const call = async (input: object): Promise<Page> => {
      pages++;
      // A release in the middle does not move the beginning.
      if (pages === 2) await world.call('github.createRelease', { ...IN, tag: 'v1.2.0' });
      const { output } = await world.call('github.listUnreleasedCommits', input);
      return output as Page;
    };
    const commits = [];
    for await (const commit of everyItem(call, IN, 'commits')) commits.push(commit);
    expect([pages, commits.length]).toEqual([3, 255]);
    expect(new Set(commits.map(({ sha }) => sha)).size).toBe(255);
    expect(commits.at(-1)).toMatchObject({ title: 'feat: number 239' });
    // The next question begins at the new release, although the old one was found a moment ago.
    expect(await world.call('github.listUnreleasedCommits', IN)).toMatchObject({
      output: { since: 'v1.2.0', total: 0 },
    });
  });

  it('takes the highest tag where nothing was released, and everything where nothing was tagged', async () => {
    const world = await setUp();
    const repo = widgets(world.github);
    repo.releases = repo.releases.map((one) => ({ ...one, draft: true }));
    expect(await world.call('github.listUnreleasedCommits', IN)).toMatchObject({
      output: { since: 'v1.1.0', total: 15 },
    });
    repo.tags.clear();
    const { output } = await world.call('github.listUnreleasedCommits', IN);
    expect(output).not.toHaveProperty('since');
    expect((output as { commits: unknown[] }).commits).toHaveLength(45);
  });

  it('marks what it writes where no reader sees it, and hands it back without', async () => {
    const world = await setUp();
    await world.call('github.createIssue', { ...IN, title: 'x', body: 'Text.' }, { idempotencyKey: KEY });
    expect(world.github.issues.at(-1)?.body).toBe(`Text.\n\n<!-- fairlead-call: ${markAsUuid(KEY)} -->`);
    expect(await world.call('github.getIssue', { ...IN, number: 3 })).toMatchObject({ output: { body: 'Text.' } });
  });

  it('has one effect however often a caller repeats a write whose answers are lost', async () => {
    const world = await setUp();
    const input = { ...IN, title: 'Once', body: 'Only.' };
    for (let i = 0; i < 5; i++) {
      if (i < 3) world.github.faults.add({ kind: 'lost_answer' });
      await settled(world, 'github.createIssue', input, KEY);
    }
    expect(world.github.issues.filter(({ title }) => title === 'Once')).toHaveLength(1);
  });

  it('keeps a restricted connection in its repository', async () => {
    const world = await setUp({}, restrictedTo({ repository: ['octo/widgets'] }));
    expect((await world.call('github.getIssue', { ...IN, number: 1 })).state).toBe('done');
    const elsewhere = await world.call('github.createIssue', { repository: 'octo/vault', title: 'x' });
    expect(elsewhere).toMatchObject({ state: 'failed', error: { code: 'target_not_allowed' } });
    world.github.repository('octo/vault')!.issues.push({ ...world.github.issues[0]!, title: 'Secret' });
    const words = 'Secret repo:octo/vault';
    const cursor = 'q=repo%3Aocto%2Fvault&page=1';
    for (const input of [{ words }, { words: 'Secret', cursor }]) {
      expect(await world.call('github.searchIssues', { ...IN, ...input })).toMatchObject({ output: { total: 0 } });
    }
  });

  it('tells a pull request from an issue', async () => {
    const world = await setUp();
    expect(await world.call('github.getIssue', { ...IN, number: 2 })).toMatchObject({
      output: { isPullRequest: true },
    });
    const { output } = await world.call('github.listIssues', { ...IN, state: 'all' });
    expect((output as { issues: { number: number }[] }).issues.map(({ number }) => number)).toEqual([1]);
  });

  it('spaces its writes, so that no secondary limit is met', async () => {
    const world = await setUp({ limits: { secondary: { limit: 10, perMs: 10_000 } } });
    const begun = world.clock.nowMs();
    for (let i = 0; i < 20; i++) {
      expect((await world.call('github.createComment', { ...IN, number: 1, body: `${i}` })).state).toBe('done');
    }
    expect(world.clock.nowMs() - begun).toBeGreaterThanOrEqual(19_000);
    expect(world.github.received.requests.filter(({ status }) => status >= 400)).toEqual([]);
  });

  it('learns from headers what is left, of searches apart from the rest', async () => {
    const world = await setUp({ limits: { core: { limit: 3 }, search: { limit: 2 } } });
    const search = () => world.call('github.searchIssues', { ...IN, words: 'line' });
    const read = () => world.call('github.getIssue', { ...IN, number: 1 });
    expect([(await search()).state, (await search()).state]).toEqual(['done', 'done']);
    const third = await search();
    expect(third).toMatchObject({ state: 'failed', error: { code: 'rate_limited' } });
    expect([(await read()).state, (await read()).state, (await read()).state]).toEqual(['done', 'done', 'done']);
    expect(await read()).toMatchObject({ state: 'failed', error: { code: 'rate_limited' } });
    // Held back by ourselves: GitHub refused nothing.
    expect(world.github.received.requests.filter(({ status }) => status >= 400)).toEqual([]);
  });

  it('waits for the reset of a limit that somebody else has used up', async () => {
    const world = await setUp({ limits: { core: { limit: 1 } } });
    await answerTo(world, connector, world.github, {
      request: { method: 'GET', url: '/user' },
      token: world.github.mainToken.value,
    });
    const refused = await world.call('github.getIssue', { ...IN, number: 1 });
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'rate_limited' } });
    expect(refused.retryAfterMs).toBeGreaterThan(3_500_000);
    await world.clock.advance(refused.retryAfterMs!);
    expect((await world.call('github.getIssue', { ...IN, number: 1 })).state).toBe('done');
  });

  it('says whose account it is, and asks for its health at no cost', async () => {
    const world = await setUp();
    const token = world.github.mainToken.value;
    const { identity, health } = connector;
    const who = await answerTo(world, connector, world.github, { request: identity.request(), token });
    expect(identity.read(who)).toEqual({
      accountId: '103',
      account: 'fairlead-bot',
      actor: '@fairlead-bot',
      url: 'https://github.com/fairlead-bot',
    });
    const healthy = await answerTo(world, connector, world.github, { request: health.request(), token });
    expect([healthy.status, connector.classify(healthy, 0)]).toEqual([200, undefined]);
  });
});

/** The compiler compares: what lies outside of the cut description is checked by GitHub's types. */
describe("GitHub's types", () => {
  const ENDPOINTS = {
    listUnreleasedCommits: '/repos/{owner}/{repo}/compare/{basehead}',
    listReleases: '/repos/{owner}/{repo}/releases',
    getLatestRelease: '/repos/{owner}/{repo}/releases/latest',
    createRelease: '/repos/{owner}/{repo}/releases',
    createIssue: '/repos/{owner}/{repo}/issues',
    updateIssue: '/repos/{owner}/{repo}/issues/{issue_number}',
    getIssue: '/repos/{owner}/{repo}/issues/{issue_number}',
    listIssues: '/repos/{owner}/{repo}/issues',
    searchIssues: '/search/issues',
    createComment: '/repos/{owner}/{repo}/issues/{issue_number}/comments',
    listWebhookDeliveries: '/repos/{owner}/{repo}/hooks/{hook_id}/deliveries',
    redeliverWebhookDelivery: '/repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts',
  } as const satisfies Record<keyof typeof connector.actions, keyof paths>;

  it('knows every endpoint, and the query of those that are not in the description', () => {
    for (const [name, path] of Object.entries(ENDPOINTS)) {
      const { endpoint } = connector.actions[name as keyof typeof ENDPOINTS];
      expect(endpoint?.split(' ')[1]).toBe(path);
    }
    const compare: operations['repos/compare-commits']['parameters']['query'] = { page: 2, per_page: 100 };
    const commits: operations['repos/list-commits']['parameters']['query'] = { page: 2, per_page: 100, sha: 'main' };
    const tags: operations['repos/list-tags']['parameters']['query'] = { per_page: 100 };
    expect([compare, commits, tags].every((query) => query?.per_page === 100)).toBe(true);
  });

  it('knows the answers of the simulation that are not in the description', async () => {
    const { github } = await setUp();
    const repo = widgets(github);
    const tag: components['schemas']['tag'] = tagShape(API, repo, 'v1.1.0', repo.commits[0]!.sha);
    const commit: components['schemas']['commit'] = commitShape(API, repo, repo.commits[0]!);
    const release: components['schemas']['release'] = releaseShape(API, repo, repo.releases[0]!);
    expect([tag.name, commit.sha.length, release.tag_name]).toEqual(['v1.1.0', 40, 'v1.0.0']);
  });

  it.runIf(specs.available)('and the description knows every request and answer it covers', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(80);
  });
});

/** Release notes against the simulated GitHub and Slack. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GithubSandbox, SlackSandbox } from '../../src/sandbox/index.js';
import { setting, type Setting } from './setting.js';

const REPOSITORY = 'octo/widgets';
/** More than fits on one page. */
const UNRELEASED = 250;

const slack = new SlackSandbox();
const github = new GithubSandbox();
let world: Setting;

beforeAll(async () => {
  const repository = github.repository(REPOSITORY)!;
  while (repository.commits.length < 30 + UNRELEASED) {
    const index = repository.commits.length;
    const last = repository.commits.at(-1)!;
    const sha = index.toString(16).padStart(40, '0');
    const message = `${index % 2 === 0 ? 'feat(api)' : 'fix'}: <!channel> part ${index} (#${index})`;
    repository.commits.push({ ...last, sha, parent: last.sha, message, atMs: last.atMs + 60_000 });
  }
  world = await setting([slack, github]);
});
afterAll(() => world.close());

describe('release notes', () => {
  it('have every commit since the last release, over all pages, in groups', async () => {
    const notes = await world.fairlead.workflows.releaseNotes({ repository: REPOSITORY });
    expect(notes).toMatchObject({ state: 'drafted', since: 'v1.1.0', commits: UNRELEASED });
    expect(notes.groups.flatMap(({ entries }) => entries)).toHaveLength(UNRELEASED);
    expect(notes.groups.map(({ title }) => title)).toEqual(['Features', 'Fixes', 'Documentation']);
    expect(notes.pulls.length).toBe(UNRELEASED - 15);
    expect(notes.draft).toContain('## Features');
    expect(slack.posts).toHaveLength(0);
  });

  it('are only shown by a dry run', async () => {
    const notes = await world.fairlead.workflows.releaseNotes({
      repository: REPOSITORY,
      post: '#general',
      dryRun: true,
    });
    expect(notes.state).toBe('previewed');
    expect(notes.posted?.preview?.body).toContain('unreleased commits');
    expect(slack.posts).toHaveLength(0);
  });

  it('are posted once for one state of the repository, and call nobody', async () => {
    const post = () => world.fairlead.workflows.releaseNotes({ repository: REPOSITORY, post: '#general' });
    const [first, second] = [await post(), await post()];
    expect([first.posted?.state, second.posted?.state]).toEqual(['done', 'replayed']);
    expect(second.posted?.output).toEqual(first.posted?.output);
    expect(slack.posts).toHaveLength(1);
    expect(slack.posts[0]!.text).not.toContain('<!channel>');
    const other = await world.fairlead.workflows.releaseNotes({ repository: REPOSITORY, post: '#general', text: 'no' });
    expect(other.posted?.error?.code).toBe('idempotency_mismatch');
    expect(slack.posts).toHaveLength(1);
  });

  it('say so where nothing was committed', async () => {
    const head = github.repository(REPOSITORY)!.commits.at(-1)!.sha;
    const notes = await world.fairlead.workflows.releaseNotes({
      repository: REPOSITORY,
      since: head,
      post: '#general',
    });
    expect(notes.state).toBe('nothing_to_release');
  });
});

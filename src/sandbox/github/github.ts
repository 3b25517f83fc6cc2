/**
 * A simulated GitHub: repositories with issues, pull requests, releases and commits, their webhooks, and both kinds of
 * rate limit.
 *
 * @source `@octokit/openapi` (fields, statuses), docs.github.com rate-limits-for-the-rest-api
 * @module
 */
import { defineSandbox, jsonReply, Simulation, type Routes, type SimulationOptions } from '../kit/index.js';
import { authorize, headers, limited, notFound, refused, type GithubCall } from './answers.js';
import { commitRoutes } from './commits.js';
import { issueRoutes } from './issues.js';
import { oauth } from './oauth.js';
import { pullRoutes } from './pulls.js';
import { releaseRoutes } from './releases.js';
import { repositoryRoutes } from './repositories.js';
import { searchRoutes } from './search.js';
import { repositoryShape, userShape } from './shapes.js';
import { begin, nextId, shaOf, type Commit, type GithubState, type Issue, type Repository } from './state.js';
import { webhookForm, webhookRoutes } from './webhooks.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const tokenName = ({ token }: GithubCall): string => token?.name ?? '';
const isSearch = ({ request }: GithubCall): boolean => request.path.startsWith('/search/');
const isWrite = ({ request }: GithubCall): boolean => request.method !== 'GET';

const rateLimitRoutes: Routes<GithubState> = {
  'GET /rate_limit': ({ quota }) => {
    const { limit = 0, remaining = 0, resetAtMs = 0 } = quota.find(({ rule }) => rule === 'core') ?? {};
    const rate = { limit, used: limit - remaining, remaining, reset: Math.ceil(resetAtMs / 1000) };
    return jsonReply(200, { resources: { core: rate, search: rate }, rate });
  },
};

export const github = defineSandbox<GithubState>({
  name: 'github',
  address: 'https://api.github.com',
  basePath: '',
  begin,
  tokens: [
    { value: 'ghp_sandboxTokenOfTheRobot0000000000000000', name: 'token', scopes: ['repo', 'admin:repo_hook'] },
    { value: 'ghp_sandboxTokenThatOnlyReads00000000000000', name: 'read-only token', scopes: ['read:user'] },
  ],
  authorize,
  answers: {
    notFound,
    malformed: () => refused(400, 'Problems parsing JSON'),
    limited,
    // A repository that may be read but not written is not hidden; one that may not be read is.
    missingScope: () => refused(403, 'Resource not accessible by personal access token'),
  },
  headers,
  limits: {
    core: {
      kind: 'window',
      limit: 5000,
      perMs: HOUR_MS,
      account: (call) => (isSearch(call) ? undefined : tokenName(call)),
    },
    search: {
      kind: 'window',
      limit: 30,
      perMs: MINUTE_MS,
      account: (call) => (isSearch(call) ? tokenName(call) : undefined),
    },
    secondary: {
      kind: 'window',
      limit: 80,
      perMs: MINUTE_MS,
      account: (call) => (isWrite(call) ? tokenName(call) : undefined),
    },
  },
  troubles: {
    missing_scope: () => refused(403, 'Resource not accessible by personal access token'),
    expired_session: () => refused(401, 'Bad credentials'),
  },
  routes: {
    ...rateLimitRoutes,
    ...repositoryRoutes,
    ...issueRoutes,
    ...pullRoutes,
    ...releaseRoutes,
    ...commitRoutes,
    ...searchRoutes,
    ...webhookRoutes,
  },
  oauth,
  webhooks: webhookForm,
  variables: (_address, { value }) => ({ GITHUB_TOKEN: value }),
  shows: ({ repositories }) => ({
    repositories: repositories.map((repo) => ({
      name: `${repo.owner.login}/${repo.name}`,
      commits: repo.commits.length,
      issues: repo.issues.map(({ number, title, state, comments }) => ({
        number,
        title,
        state,
        comments: comments.length,
      })),
      pulls: repo.pulls.map(({ number, title }) => ({ number, title })),
      releases: repo.releases.map(({ tag }) => tag),
    })),
  }),
});

export class GithubSandbox extends Simulation<GithubState> {
  constructor(options: SimulationOptions<GithubState> = {}) {
    super(github, options);
  }

  /** A repository by its full name, e.g. `octo/widgets`, which is there from the beginning. */
  repository(fullName = 'octo/widgets'): Repository | undefined {
    return this.data.repositories.find(({ owner, name }) => `${owner.login}/${name}` === fullName);
  }

  /** All issues of all repositories, oldest first. */
  get issues(): readonly Issue[] {
    return this.data.repositories.flatMap(({ issues }) => issues);
  }

  /** Somebody pushes a commit to `main`; subscribers are told. */
  push(
    message: string,
    nowMs: number,
    fullName = 'octo/widgets',
    files: readonly string[] = ['README.md'],
  ): Commit | undefined {
    const repo = this.repository(fullName);
    if (repo === undefined) return undefined;
    const parent = repo.commits.at(-1);
    const author = repo.commits[0]?.author ?? this.data.user;
    const sha = shaOf(`${fullName} ${nextId(this.data)}`);
    const commit: Commit = { sha, parent: parent?.sha, message, author, atMs: nowMs, files };
    repo.commits.push(commit);
    this.webhooks.publish('push', pushEvent(repo, commit), nowMs);
    return commit;
  }
}

function pushEvent(repo: Repository, { sha, parent, message, author, atMs, files }: Commit) {
  const person = { name: author.name, email: `${author.login}@example.com`, username: author.login };
  const url = `https://github.com/${repo.owner.login}/${repo.name}`;
  const commit = {
    id: sha,
    tree_id: sha,
    distinct: true,
    message,
    timestamp: new Date(atMs).toISOString(),
    url: `${url}/commit/${sha}`,
    author: person,
    committer: person,
    added: [],
    removed: [],
    modified: files,
  };
  return {
    ref: 'refs/heads/main',
    before: parent ?? '0'.repeat(40),
    after: sha,
    repository: repositoryShape(github.address, repo),
    pusher: { name: author.login, email: person.email },
    sender: userShape(github.address, author),
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: `${url}/compare/${parent?.slice(0, 12)}...${sha.slice(0, 12)}`,
    commits: [commit],
    head_commit: commit,
  };
}

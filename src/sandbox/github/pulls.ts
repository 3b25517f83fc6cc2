/** Pull requests. @module */
import { jsonReply, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, type GithubCall } from './answers.js';
import { asked, listReply } from './lists.js';
import { inRepository } from './repositories.js';
import { pullShape } from './shapes.js';
import { nextId, shaOf, type GithubState, type PullRequest, type Repository } from './state.js';

export const pullRoutes: Routes<GithubState> = {
  'GET /repos/:owner/:repo/pulls': inRepository(listPulls),
  'POST /repos/:owner/:repo/pulls': { scopes: ['repo', 'public_repo'], run: inRepository(createPull) },
  'GET /repos/:owner/:repo/pulls/:number': inRepository(({ address, params }, repo) => {
    const pull = repo.pulls.find(({ number }) => String(number) === params['number']);
    return pull === undefined ? notFound() : jsonReply(200, wholePull(address, repo, pull));
  }),
};

function listPulls(call: GithubCall, repo: Repository): SandboxReply {
  const state = asked(call, 'state') ?? 'open';
  const base = asked(call, 'base');
  const head = asked(call, 'head');
  const wanted = repo.pulls.filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      (base === undefined || pull.base.branch === base) &&
      (head === undefined || `${repo.owner.login}:${pull.head.branch}` === head),
  );
  return listReply(call, wanted.reverse(), (pull) => pullShape(call.address, repo, pull));
}

function createPull({ fields, state, nowMs, address }: GithubCall, repo: Repository): SandboxReply {
  const { title, head, base, body } = fields;
  for (const [field, value] of Object.entries({ title, head, base })) {
    if (typeof value !== 'string' || value === '') {
      return invalid({ resource: 'PullRequest', field, code: 'missing_field' });
    }
  }
  const pull: PullRequest = {
    id: nextId(state),
    number: ++repo.lastNumber,
    title: String(title),
    body: typeof body === 'string' ? body : null,
    state: 'open',
    user: state.user,
    head: { branch: String(head), sha: shaOf(String(head)) },
    base: { branch: String(base), sha: repo.commits.at(-1)!.sha },
    createdAtMs: nowMs,
    mergedAtMs: null,
  };
  repo.pulls.push(pull);
  return jsonReply(201, wholePull(address, repo, pull));
}

/** What only the pull request itself says, not a list of them. */
function wholePull(at: string, repo: Repository, pull: PullRequest) {
  return {
    ...pullShape(at, repo, pull),
    merged: pull.mergedAtMs !== null,
    mergeable: true,
    rebaseable: true,
    mergeable_state: 'clean',
    merged_by: null,
    comments: 0,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: 1,
    additions: 1,
    deletions: 1,
    changed_files: 1,
  };
}

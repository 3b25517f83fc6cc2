/** Who asks, and which repositories there are. @module */
import { jsonReply, type Routes, type SandboxReply } from '../kit/index.js';
import { notFound, type GithubCall } from './answers.js';
import { listReply } from './lists.js';
import { fullRepositoryShape, labelShape, publicUserShape, repositoryShape } from './shapes.js';
import type { GithubState, Repository } from './state.js';

/** The repository of the path, as far as the token may see it: others are not there, not forbidden. */
export function repositoryOf({ params, state, token }: GithubCall): Repository | undefined {
  const wanted = `${params['owner']}/${params['repo']}`.toLowerCase();
  const found = state.repositories.find(({ owner, name }) => `${owner.login}/${name}`.toLowerCase() === wanted);
  const mayPrivate = token?.scopes === undefined || token.scopes.includes('repo');
  return found?.private && !mayPrivate ? undefined : found;
}

/** Runs with the repository of the path, or answers that there is none. */
export function inRepository(run: (call: GithubCall, repo: Repository) => SandboxReply) {
  return (call: GithubCall): SandboxReply => {
    const repo = repositoryOf(call);
    return repo === undefined ? notFound() : run(call, repo);
  };
}

const isVisible = ({ token }: GithubCall, repo: Repository): boolean =>
  !repo.private || token?.scopes === undefined || token.scopes.includes('repo');

export const repositoryRoutes: Routes<GithubState> = {
  'GET /user': ({ address, state, nowMs }) => jsonReply(200, publicUserShape(address, state.user, nowMs)),
  'GET /user/emails': {
    scopes: ['user:email', 'user'],
    run: ({ state: { user } }) =>
      jsonReply(200, [{ email: `${user.login}@example.com`, primary: true, verified: true, visibility: 'public' }]),
  },
  'GET /user/repos': (call) =>
    listReply(
      call,
      call.state.repositories.filter((repo) => isVisible(call, repo)),
      (repo) => repositoryShape(call.address, repo),
    ),
  'GET /repos/:owner/:repo': inRepository(({ address }, repo) => jsonReply(200, fullRepositoryShape(address, repo))),
  'GET /repos/:owner/:repo/labels': inRepository((call, repo) =>
    listReply(call, repo.labels, (label) => labelShape(call.address, repo, label)),
  ),
};

/** Releases. @module */
import { jsonReply, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, type GithubCall } from './answers.js';
import { listReply } from './lists.js';
import { inRepository } from './repositories.js';
import { releaseShape, repositoryShape, userShape } from './shapes.js';
import { nextId, type GithubState, type Release, type Repository } from './state.js';

export const releaseRoutes: Routes<GithubState> = {
  'GET /repos/:owner/:repo/releases': inRepository((call, repo) =>
    listReply(call, newestFirst(repo), (release) => releaseShape(call.address, repo, release)),
  ),
  'POST /repos/:owner/:repo/releases': { scopes: ['repo', 'public_repo'], run: inRepository(createRelease) },
  'GET /repos/:owner/:repo/releases/latest': inRepository(({ address }, repo) => {
    const latest = newestFirst(repo).find(({ draft, prerelease }) => !draft && !prerelease);
    return latest === undefined ? notFound() : jsonReply(200, releaseShape(address, repo, latest));
  }),
  'GET /repos/:owner/:repo/releases/tags/:tag': inRepository(({ address, params }, repo) => {
    const found = repo.releases.find(({ tag, draft }) => tag === params['tag'] && !draft);
    return found === undefined ? notFound() : jsonReply(200, releaseShape(address, repo, found));
  }),
};

function newestFirst({ releases }: Repository): Release[] {
  return releases.toSorted((a, b) => b.createdAtMs - a.createdAtMs || b.id - a.id);
}

function createRelease(call: GithubCall, repo: Repository): SandboxReply {
  const { fields, state, nowMs, address } = call;
  const { tag_name: tag, name, body, target_commitish: target } = fields;
  if (typeof tag !== 'string' || tag === '')
    return invalid({ resource: 'Release', field: 'tag_name', code: 'missing_field' });
  const isDraft = fields['draft'] === true;
  // Drafts are not yet what their tag says; there may be several of one.
  if (!isDraft && repo.releases.some((one) => one.tag === tag && !one.draft)) {
    return invalid({ resource: 'Release', field: 'tag_name', code: 'already_exists' });
  }
  const release: Release = {
    id: nextId(state),
    tag,
    target: typeof target === 'string' ? target : 'main',
    name: typeof name === 'string' ? name : null,
    body: typeof body === 'string' ? body : null,
    draft: isDraft,
    prerelease: fields['prerelease'] === true,
    author: state.user,
    createdAtMs: nowMs,
  };
  repo.releases.push(release);
  if (!release.draft && !repo.tags.has(tag)) repo.tags.set(tag, repo.commits.at(-1)!.sha);
  const shape = releaseShape(address, repo, release);
  const event = { repository: repositoryShape(address, repo), sender: userShape(address, state.user), release: shape };
  call.emit('release', { action: release.draft ? 'created' : 'published', ...event });
  return jsonReply(201, shape, { location: shape.url });
}

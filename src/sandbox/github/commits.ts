/** Commits, what lies between two of them, and pushing more. @module */
import { jsonReply, type Routes, type SandboxReply } from '../kit/index.js';
import { notFound, type GithubCall } from './answers.js';
import { asked, listReply, pageOf } from './lists.js';
import { inRepository } from './repositories.js';
import { commitShape, repoUrl, tagShape } from './shapes.js';
import type { Commit, GithubState, Repository } from './state.js';

export const commitRoutes: Routes<GithubState> = {
  'GET /repos/:owner/:repo/commits': inRepository(listCommits),
  'GET /repos/:owner/:repo/compare/:basehead': inRepository(compare),
  'GET /repos/:owner/:repo/tags': inRepository(listTags),
};

/** Where a branch, a tag or the beginning of a commit's name points to, as a position in the history. */
function positionOf(repo: Repository, reference: string): number {
  if (reference === 'main' || reference === 'HEAD') return repo.commits.length - 1;
  const sha = repo.tags.get(reference) ?? reference;
  return sha.length < 7 ? -1 : repo.commits.findIndex((commit) => commit.sha.startsWith(sha));
}

/** By name, the last in the alphabet first: neither by age nor by version. */
function listTags(call: GithubCall, repo: Repository): SandboxReply {
  const tags = [...repo.tags].sort(([a], [b]) => (a < b ? 1 : -1));
  return listReply(call, tags, ([name, sha]) => tagShape(call.address, repo, name, sha));
}

function listCommits(call: GithubCall, repo: Repository): SandboxReply {
  const from = asked(call, 'sha') ?? 'main';
  const position = positionOf(repo, from);
  if (position < 0) return notFound();
  const since = Date.parse(asked(call, 'since') ?? '');
  const until = Date.parse(asked(call, 'until') ?? '');
  const path = asked(call, 'path');
  const wanted = repo.commits
    .slice(0, position + 1)
    .filter(({ atMs }) => !(atMs < since) && !(atMs > until))
    .filter(({ files }) => path === undefined || files.some((file) => file.startsWith(path)));
  return listReply(call, wanted.reverse(), (commit) => commitShape(call.address, repo, commit));
}

/** `GET /compare/v1.0.0...main`: commits oldest first, by pages; files only on the first one. */
function compare(call: GithubCall, repo: Repository): SandboxReply {
  const [base = '', head = ''] = (call.params['basehead'] ?? '').split('...');
  const from = positionOf(repo, base);
  const to = positionOf(repo, head);
  if (from < 0 || to < 0) return notFound();
  const ahead = repo.commits.slice(from + 1, to + 1);
  const behind = Math.max(0, from - to);
  const { items, headers } = pageOf(call, ahead);
  const page = asked(call, 'page') ?? '1';
  const web = `https://github.com/${repo.owner.login}/${repo.name}`;
  const range = `compare/${base}...${head}`;
  const comparison = {
    url: `${repoUrl(call.address, repo)}/${range}`,
    html_url: `${web}/${range}`,
    permalink_url: `${web}/${range}`,
    diff_url: `${web}/${range}.diff`,
    patch_url: `${web}/${range}.patch`,
    base_commit: commitShape(call.address, repo, repo.commits[from]!),
    merge_base_commit: commitShape(call.address, repo, repo.commits[Math.min(from, to)]!),
    status: ahead.length > 0 ? 'ahead' : behind > 0 ? 'behind' : 'identical',
    ahead_by: ahead.length,
    behind_by: behind,
    total_commits: ahead.length,
    commits: items.map((commit) => commitShape(call.address, repo, commit)),
    ...(page === '1' && { files: filesOf(call.address, repo, ahead) }),
  };
  return jsonReply(200, comparison, headers);
}

export function filesOf(at: string, repo: Repository, commits: readonly Commit[]) {
  const names = [...new Set(commits.flatMap(({ files }) => files))];
  const sha = commits.at(-1)?.sha ?? '';
  return names.map((filename) => ({
    sha,
    filename,
    status: 'modified' as const,
    additions: 1,
    deletions: 1,
    changes: 2,
    blob_url: `https://github.com/${repo.owner.login}/${repo.name}/blob/${sha}/${filename}`,
    raw_url: `https://github.com/${repo.owner.login}/${repo.name}/raw/${sha}/${filename}`,
    contents_url: `${repoUrl(at, repo)}/contents/${filename}?ref=${sha}`,
  }));
}

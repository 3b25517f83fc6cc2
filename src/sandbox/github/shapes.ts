/** The things of the simulated GitHub as its API writes them. `at` is the address that URLs begin with. @module */
import type { Account, Comment, Commit, Issue, Label, PullRequest, Release, Repository } from './state.js';

const WEB = 'https://github.com';

export const instant = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
const nodeId = (kind: string, id: number | string): string => Buffer.from(`${kind}:${id}`).toString('base64');
const pathOf = (repo: Repository): string => `${repo.owner.login}/${repo.name}`;
export const repoUrl = (at: string, repo: Repository): string => `${at}/repos/${pathOf(repo)}`;

export function userShape(at: string, { id, login, type }: Account) {
  const url = `${at}/users/${login}`;
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${WEB}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    site_admin: false,
  };
}

export function publicUserShape(at: string, account: Account, nowMs: number) {
  return {
    ...userShape(at, account),
    user_view_type: 'public',
    name: account.name,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 1,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: instant(nowMs),
    updated_at: instant(nowMs),
  };
}

/** `name` of the field, and what follows the address of the repository. */
const REPOSITORY_URLS = [
  'archive_url /{archive_format}{/ref}',
  'assignees_url /assignees{/user}',
  'blobs_url /git/blobs{/sha}',
  'branches_url /branches{/branch}',
  'collaborators_url /collaborators{/collaborator}',
  'comments_url /comments{/number}',
  'commits_url /commits{/sha}',
  'compare_url /compare/{base}...{head}',
  'contents_url /contents/{+path}',
  'contributors_url /contributors',
  'deployments_url /deployments',
  'downloads_url /downloads',
  'events_url /events',
  'forks_url /forks',
  'git_commits_url /git/commits{/sha}',
  'git_refs_url /git/refs{/sha}',
  'git_tags_url /git/tags{/sha}',
  'hooks_url /hooks',
  'issue_comment_url /issues/comments{/number}',
  'issue_events_url /issues/events{/number}',
  'issues_url /issues{/number}',
  'keys_url /keys{/key_id}',
  'labels_url /labels{/name}',
  'languages_url /languages',
  'merges_url /merges',
  'milestones_url /milestones{/number}',
  'notifications_url /notifications{?since,all,participating}',
  'pulls_url /pulls{/number}',
  'releases_url /releases{/id}',
  'stargazers_url /stargazers',
  'statuses_url /statuses/{sha}',
  'subscribers_url /subscribers',
  'subscription_url /subscription',
  'tags_url /tags',
  'teams_url /teams',
  'trees_url /git/trees{/sha}',
];

export function repositoryShape(at: string, repo: Repository) {
  const url = repoUrl(at, repo);
  const web = `${WEB}/${pathOf(repo)}`;
  const open = repo.issues.filter(({ state }) => state === 'open').length;
  const urls = Object.fromEntries(REPOSITORY_URLS.map((line) => [line.split(' ')[0]!, url + line.split(' ')[1]!]));
  return {
    id: repo.id,
    node_id: nodeId('Repository', repo.id),
    name: repo.name,
    full_name: pathOf(repo),
    private: repo.private,
    owner: userShape(at, repo.owner),
    html_url: web,
    description: repo.description,
    fork: false,
    url,
    ...urls,
    created_at: instant(repo.createdAtMs),
    updated_at: instant(repo.createdAtMs),
    pushed_at: instant(repo.commits.at(-1)?.atMs ?? repo.createdAtMs),
    git_url: `git:github.com/${pathOf(repo)}.git`,
    ssh_url: `git@github.com:${pathOf(repo)}.git`,
    clone_url: `${web}.git`,
    svn_url: web,
    homepage: null,
    size: 108,
    stargazers_count: 0,
    watchers_count: 0,
    language: 'TypeScript',
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repo.private ? 'private' : 'public',
    forks: 0,
    open_issues: open,
    watchers: 0,
    default_branch: 'main',
    permissions: { admin: false, maintain: false, push: true, triage: true, pull: true },
  };
}

/** What only the repository itself says, not a list of them. */
export function fullRepositoryShape(at: string, repo: Repository) {
  return { ...repositoryShape(at, repo), network_count: 0, subscribers_count: 0 };
}

export function labelShape(at: string, repo: Repository, { id, name, color, description }: Label) {
  const url = `${repoUrl(at, repo)}/labels/${encodeURIComponent(name)}`;
  return { id, node_id: nodeId('Label', id), url, name, description, color, default: name === 'bug' };
}

export function issueShape(at: string, repo: Repository, issue: Issue) {
  const url = `${repoUrl(at, repo)}/issues/${issue.number}`;
  const assignees = issue.assignees.map((one) => userShape(at, one));
  return {
    url,
    repository_url: repoUrl(at, repo),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `${WEB}/${pathOf(repo)}/issues/${issue.number}`,
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    number: issue.number,
    title: issue.title,
    user: userShape(at, issue.user),
    labels: issue.labels.map((one) => labelShape(at, repo, one)),
    state: issue.state,
    state_reason: issue.reason,
    locked: false,
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    comments: issue.comments.length,
    created_at: instant(issue.createdAtMs),
    updated_at: instant(issue.updatedAtMs),
    closed_at: issue.closedAtMs === null ? null : instant(issue.closedAtMs),
    author_association: 'NONE',
    active_lock_reason: null,
    body: issue.body,
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
  };
}

/** A pull request as a list of issues shows it. */
export function pullAsIssueShape(at: string, repo: Repository, pull: PullRequest) {
  const { id, number, title, body, state, user, createdAtMs } = pull;
  const closedAtMs = pull.mergedAtMs;
  const many = { labels: [], assignees: [], comments: [], reason: null };
  const issue = { id, number, title, body, state, user, createdAtMs, updatedAtMs: createdAtMs, closedAtMs, ...many };
  const { url, html_url, diff_url, patch_url, merged_at } = pullShape(at, repo, pull);
  return { ...issueShape(at, repo, issue), pull_request: { url, html_url, diff_url, patch_url, merged_at } };
}

export function commentShape(at: string, repo: Repository, issue: Issue, comment: Comment) {
  const web = `${WEB}/${pathOf(repo)}/issues/${issue.number}#issuecomment-${comment.id}`;
  return {
    url: `${repoUrl(at, repo)}/issues/comments/${comment.id}`,
    html_url: web,
    issue_url: `${repoUrl(at, repo)}/issues/${issue.number}`,
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: userShape(at, comment.user),
    created_at: instant(comment.atMs),
    updated_at: instant(comment.atMs),
    author_association: 'NONE',
    body: comment.body,
    performed_via_github_app: null,
  };
}

export function releaseShape(at: string, repo: Repository, release: Release) {
  const url = `${repoUrl(at, repo)}/releases/${release.id}`;
  return {
    url,
    assets_url: `${url}/assets`,
    upload_url: `https://uploads.github.com/repos/${pathOf(repo)}/releases/${release.id}/assets{?name,label}`,
    html_url: `${WEB}/${pathOf(repo)}/releases/tag/${release.tag}`,
    id: release.id,
    author: userShape(at, release.author),
    node_id: nodeId('Release', release.id),
    tag_name: release.tag,
    target_commitish: release.target,
    name: release.name,
    draft: release.draft,
    prerelease: release.prerelease,
    created_at: instant(release.createdAtMs),
    published_at: release.draft ? null : instant(release.createdAtMs),
    assets: [],
    tarball_url: `${repoUrl(at, repo)}/tarball/${release.tag}`,
    zipball_url: `${repoUrl(at, repo)}/zipball/${release.tag}`,
    body: release.body,
  };
}

export function tagShape(at: string, repo: Repository, name: string, sha: string) {
  return {
    name,
    zipball_url: `${repoUrl(at, repo)}/zipball/refs/tags/${name}`,
    tarball_url: `${repoUrl(at, repo)}/tarball/refs/tags/${name}`,
    commit: { sha, url: `${repoUrl(at, repo)}/commits/${sha}` },
    node_id: nodeId('Ref', name),
  };
}

export function commitShape(at: string, repo: Repository, { sha, parent, message, author, atMs }: Commit) {
  const url = `${repoUrl(at, repo)}/commits/${sha}`;
  const web = `${WEB}/${pathOf(repo)}/commit/`;
  const person = { name: author.name, email: `${author.login}@example.com`, date: instant(atMs) };
  return {
    sha,
    node_id: nodeId('Commit', sha),
    commit: {
      author: person,
      committer: person,
      message,
      tree: { sha, url: `${repoUrl(at, repo)}/git/trees/${sha}` },
      url: `${repoUrl(at, repo)}/git/commits/${sha}`,
      comment_count: 0,
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    url,
    html_url: web + sha,
    comments_url: `${url}/comments`,
    author: userShape(at, author),
    committer: userShape(at, author),
    parents:
      parent === undefined
        ? []
        : [{ sha: parent, url: `${repoUrl(at, repo)}/commits/${parent}`, html_url: web + parent }],
  };
}

export function pullShape(at: string, repo: Repository, pull: PullRequest) {
  const url = `${repoUrl(at, repo)}/pulls/${pull.number}`;
  const issueUrl = `${repoUrl(at, repo)}/issues/${pull.number}`;
  const web = `${WEB}/${pathOf(repo)}/pull/${pull.number}`;
  const statuses = `${repoUrl(at, repo)}/statuses/${pull.head.sha}`;
  const side = ({ branch, sha }: { branch: string; sha: string }) => ({
    label: `${repo.owner.login}:${branch}`,
    ref: branch,
    sha,
    user: userShape(at, repo.owner),
    repo: repositoryShape(at, repo),
  });
  const links = { self: url, html: web, issue: issueUrl, comments: `${issueUrl}/comments` };
  const more = { review_comments: `${url}/comments`, review_comment: `${url}/comments{/number}` };
  const all = { ...links, ...more, commits: `${url}/commits`, statuses };
  return {
    url,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    html_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    issue_url: issueUrl,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userShape(at, pull.user),
    body: pull.body,
    created_at: instant(pull.createdAtMs),
    updated_at: instant(pull.mergedAtMs ?? pull.createdAtMs),
    closed_at: pull.mergedAtMs === null ? null : instant(pull.mergedAtMs),
    merged_at: pull.mergedAtMs === null ? null : instant(pull.mergedAtMs),
    merge_commit_sha: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: [],
    milestone: null,
    draft: false,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${url}/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statuses,
    head: side(pull.head),
    base: side(pull.base),
    _links: Object.fromEntries(Object.entries(all).map(([name, href]) => [name, { href }])),
    author_association: 'CONTRIBUTOR',
    auto_merge: null,
    active_lock_reason: null,
  };
}

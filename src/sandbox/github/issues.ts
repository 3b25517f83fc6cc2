/** Issues and their comments. @module */
import { jsonReply, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, notFound, type GithubCall } from './answers.js';
import { asked, listReply } from './lists.js';
import { inRepository } from './repositories.js';
import { commentShape, issueShape, pullAsIssueShape, repositoryShape, userShape } from './shapes.js';
import { label, nextId, type Account, type GithubState, type Issue, type Label, type Repository } from './state.js';

const BODY_CHARACTERS_MAX = 65_536;

export const issueRoutes: Routes<GithubState> = {
  'GET /repos/:owner/:repo/issues': inRepository(listIssues),
  'POST /repos/:owner/:repo/issues': { scopes: ['repo', 'public_repo'], run: inRepository(createIssue) },
  'GET /repos/:owner/:repo/issues/:number': inRepository(readIssue),
  'PATCH /repos/:owner/:repo/issues/:number': { scopes: ['repo', 'public_repo'], run: inIssue(updateIssue) },
  'GET /repos/:owner/:repo/issues/:number/comments': inIssue(listComments),
  'POST /repos/:owner/:repo/issues/:number/comments': { scopes: ['repo', 'public_repo'], run: inIssue(createComment) },
};

function inIssue(run: (call: GithubCall, repo: Repository, issue: Issue) => SandboxReply) {
  return inRepository((call, repo) => {
    const issue = repo.issues.find(({ number }) => String(number) === call.params['number']);
    return issue === undefined ? notFound() : run(call, repo, issue);
  });
}

/** A pull request is an issue, too. */
function readIssue({ address, params }: GithubCall, repo: Repository): SandboxReply {
  const isMeant = ({ number }: { number: number }): boolean => String(number) === params['number'];
  const issue = repo.issues.find(isMeant);
  if (issue !== undefined) return jsonReply(200, issueShape(address, repo, issue));
  const pull = repo.pulls.find(isMeant);
  return pull === undefined ? notFound() : jsonReply(200, pullAsIssueShape(address, repo, pull));
}

/** Newest first, unless asked otherwise. */
function listIssues(call: GithubCall, repo: Repository): SandboxReply {
  const state = asked(call, 'state') ?? 'open';
  const labels = asked(call, 'labels')?.split(',') ?? [];
  const since = Date.parse(asked(call, 'since') ?? '');
  const creator = asked(call, 'creator');
  const wanted = repo.issues.filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((name) => issue.labels.some((one) => one.name === name)) &&
      (Number.isNaN(since) || issue.updatedAtMs >= since) &&
      (creator === undefined || issue.user.login === creator),
  );
  const by = asked(call, 'sort') === 'updated' ? 'updatedAtMs' : 'createdAtMs';
  const sign = asked(call, 'direction') === 'asc' ? 1 : -1;
  const sorted = wanted.toSorted((a, b) => sign * (a[by] - b[by] || a.number - b.number));
  const isPlain = labels.length === 0 && creator === undefined && Number.isNaN(since);
  const pulls = isPlain ? repo.pulls.filter((pull) => state === 'all' || pull.state === state) : [];
  // GitHub lists pull requests among the issues. Here they come last, and have no labels.
  return listReply(call, [...sorted, ...pulls], (one) =>
    'head' in one ? pullAsIssueShape(call.address, repo, one) : issueShape(call.address, repo, one),
  );
}

function createIssue(call: GithubCall, repo: Repository): SandboxReply {
  const { fields, state, nowMs, address, value } = call;
  const { title, body } = fields;
  if (typeof value !== 'object') return invalid({ resource: 'Issue', field: 'title', code: 'missing_field' });
  if (title === undefined || title === '') return invalid({ resource: 'Issue', field: 'title', code: 'missing_field' });
  const problem = textProblem(title, 'title') ?? textProblem(body, 'body');
  if (problem !== undefined) return problem;
  const issue: Issue = {
    id: nextId(state),
    number: ++repo.lastNumber,
    title: String(title),
    body: typeof body === 'string' ? body : null,
    state: 'open',
    reason: null,
    user: state.user,
    labels: labelsOf(fields['labels'], state, repo),
    assignees: accountsOf(fields['assignees'], state),
    comments: [],
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    closedAtMs: null,
  };
  repo.issues.push(issue);
  tell(call, repo, issue, 'opened');
  return jsonReply(201, issueShape(address, repo, issue), { location: issueShape(address, repo, issue).url });
}

function updateIssue(call: GithubCall, repo: Repository, issue: Issue): SandboxReply {
  const { fields, nowMs, state } = call;
  const { title, body, state: wanted } = fields;
  const problem = textProblem(title, 'title') ?? textProblem(body, 'body');
  if (problem !== undefined) return problem;
  if (wanted !== undefined && wanted !== 'open' && wanted !== 'closed') {
    return invalid({ resource: 'Issue', field: 'state', code: 'invalid' });
  }
  const before = issue.state;
  if (typeof title === 'string') issue.title = title;
  if (typeof body === 'string' || body === null) issue.body = body;
  if (fields['labels'] !== undefined) issue.labels = labelsOf(fields['labels'], state, repo);
  if (fields['assignees'] !== undefined) issue.assignees = accountsOf(fields['assignees'], state);
  if (wanted !== undefined) {
    const reason = fields['state_reason'] === 'not_planned' ? 'not_planned' : 'completed';
    const isClosed = wanted === 'closed';
    Object.assign(issue, { state: wanted, reason: isClosed ? reason : null, closedAtMs: isClosed ? nowMs : null });
  }
  issue.updatedAtMs = nowMs;
  const change = issue.state === before ? 'edited' : issue.state === 'closed' ? 'closed' : 'reopened';
  tell(call, repo, issue, change);
  return jsonReply(200, issueShape(call.address, repo, issue));
}

function listComments(call: GithubCall, repo: Repository, issue: Issue): SandboxReply {
  const since = Date.parse(asked(call, 'since') ?? '');
  const wanted = issue.comments.filter(({ atMs }) => Number.isNaN(since) || atMs >= since);
  return listReply(call, wanted, (comment) => commentShape(call.address, repo, issue, comment));
}

function createComment(call: GithubCall, repo: Repository, issue: Issue): SandboxReply {
  const { fields, state, nowMs, address } = call;
  const { body } = fields;
  if (body === undefined || body === '')
    return invalid({ resource: 'IssueComment', field: 'body', code: 'missing_field' });
  const problem = textProblem(body, 'body');
  if (problem !== undefined) return problem;
  const comment = { id: nextId(state), user: state.user, body: String(body), atMs: nowMs };
  issue.comments.push(comment);
  issue.updatedAtMs = nowMs;
  const shape = commentShape(address, repo, issue, comment);
  call.emit('issue_comment', {
    ...context(call, repo, 'created'),
    issue: issueShape(address, repo, issue),
    comment: shape,
  });
  return jsonReply(201, shape, { location: shape.url });
}

function textProblem(value: unknown, field: string): SandboxReply | undefined {
  if (value === undefined || value === null) return undefined;
  const isTitle = field === 'title';
  const isText = typeof value === 'string' || (isTitle && Number.isInteger(value));
  const max = isTitle ? 256 : BODY_CHARACTERS_MAX;
  return isText && String(value).length <= max ? undefined : invalid({ resource: 'Issue', field, code: 'invalid' });
}

/** Labels by name; one that is not there yet is made. */
function labelsOf(value: unknown, state: GithubState, repo: Repository): Label[] {
  const names = (Array.isArray(value) ? value : []).map((one: unknown) =>
    typeof one === 'object' && one !== null ? String((one as { name?: unknown }).name ?? '') : String(one),
  );
  return names.map((name) => {
    const known = repo.labels.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (known !== undefined) return known;
    const made = label(state, name);
    repo.labels.push(made);
    return made;
  });
}

function accountsOf(value: unknown, { accounts }: GithubState): Account[] {
  const logins = Array.isArray(value) ? value.map(String) : [];
  return accounts.filter(({ login }) => logins.includes(login));
}

function tell(call: GithubCall, repo: Repository, issue: Issue, action: string): void {
  call.emit('issues', { ...context(call, repo, action), issue: issueShape(call.address, repo, issue) });
}

/** What every event says. */
function context({ address, state }: GithubCall, repo: Repository, action: string) {
  return {
    action,
    repository: repositoryShape(address, repo),
    organization: { login: repo.owner.login, id: repo.owner.id },
    sender: userShape(address, state.user),
  };
}

/** Searching issues: words, and the qualifiers `repo:`, `is:`, `state:`, `label:`, `author:`. @module */
import { jsonReply, type Routes, type SandboxReply } from '../kit/index.js';
import { invalid, type GithubCall } from './answers.js';
import { asked, pageOf } from './lists.js';
import { issueShape } from './shapes.js';
import type { GithubState, Issue, Repository } from './state.js';

export const searchRoutes: Routes<GithubState> = { 'GET /search/issues': searchIssues };

function searchIssues(call: GithubCall): SandboxReply {
  const query = asked(call, 'q');
  if (query === undefined) return invalid({ resource: 'Search', field: 'q', code: 'missing' });
  const terms = query.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
  const mayPrivate = call.token?.scopes === undefined || call.token.scopes.includes('repo');
  const found = call.state.repositories
    .filter((repo) => mayPrivate || !repo.private)
    .flatMap((repo) => repo.issues.map((issue) => ({ repo, issue })))
    .filter(({ repo, issue }) => terms.every((term) => fits(term, repo, issue)));
  const { items, headers } = pageOf(call, found.reverse());
  const shapes = items.map(({ repo, issue }) => ({ ...issueShape(call.address, repo, issue), score: 1 }));
  const body = { total_count: found.length, incomplete_results: false, items: shapes, search_type: 'lexical' };
  return jsonReply(200, body, headers);
}

/** What is quoted as a whole is text, even if it looks like a qualifier. */
function fits(term: string, repo: Repository, issue: Issue): boolean {
  const text = term.replaceAll('"', '');
  const [, name = '', value = ''] = term.startsWith('"') ? [] : (/^(\w+):(.+)$/.exec(text) ?? []);
  switch (name) {
    case 'repo':
      return `${repo.owner.login}/${repo.name}`.toLowerCase() === value.toLowerCase();
    case 'is':
      return value === 'issue' || value === issue.state || value === (repo.private ? 'private' : 'public');
    case 'state':
      return value === issue.state;
    case 'label':
      return issue.labels.some((label) => label.name.toLowerCase() === value.toLowerCase());
    case 'author':
      return issue.user.login === value;
    case 'in':
      return true;
    default:
      return `${issue.title}\n${issue.body ?? ''}`.toLowerCase().includes(text.toLowerCase());
  }
}

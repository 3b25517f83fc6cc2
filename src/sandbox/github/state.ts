/** What the simulated GitHub knows: people, repositories and what is in them. @module */
import { hash } from 'node:crypto';

export interface Account {
  id: number;
  login: string;
  name: string;
  type: 'User' | 'Organization';
}

export interface Label {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface Comment {
  id: number;
  user: Account;
  body: string;
  atMs: number;
}

export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  /** Why it is closed. */
  reason: 'completed' | 'not_planned' | null;
  user: Account;
  labels: Label[];
  assignees: Account[];
  comments: Comment[];
  createdAtMs: number;
  updatedAtMs: number;
  closedAtMs: number | null;
}

export interface PullRequest {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  user: Account;
  head: { branch: string; sha: string };
  base: { branch: string; sha: string };
  createdAtMs: number;
  mergedAtMs: number | null;
}

export interface Release {
  id: number;
  tag: string;
  target: string;
  name: string | null;
  body: string | null;
  draft: boolean;
  prerelease: boolean;
  author: Account;
  createdAtMs: number;
}

export interface Commit {
  sha: string;
  parent: string | undefined;
  message: string;
  author: Account;
  atMs: number;
  files: readonly string[];
}

export interface Repository {
  id: number;
  owner: Account;
  name: string;
  private: boolean;
  description: string;
  createdAtMs: number;
  /** Oldest first; the last is the head of `main`. */
  commits: Commit[];
  /** Tag to commit. */
  tags: Map<string, string>;
  labels: Label[];
  issues: Issue[];
  pulls: PullRequest[];
  releases: Release[];
  /** Shared by issues and pull requests. */
  lastNumber: number;
}

export interface GithubState {
  /** Whose tokens they are. */
  user: Account;
  accounts: Account[];
  repositories: Repository[];
  /** Deliveries that somebody asked for again, oldest first. */
  redeliveries: Redelivery[];
  lastId: number;
}

export interface Redelivery {
  id: number;
  /** The X-GitHub-Delivery of what was delivered before. */
  guid: string;
  atMs: number;
}

/** Monday, 5 January 2026, 09:00 UTC. */
const BEGIN_MS = Date.UTC(2026, 0, 5, 9);
const HOUR_MS = 3_600_000;
const COMMITS = 45;

/** A fresh number for ids of all kinds. */
export function nextId(state: GithubState): number {
  return ++state.lastId;
}

/** Two repositories of an organisation, one public, with a history that fills more than a page, and one private. */
export function begin(): GithubState {
  const octo: Account = { id: 101, login: 'octo', name: 'Octo Tools', type: 'Organization' };
  const ada: Account = { id: 102, login: 'ada', name: 'Ada Example', type: 'User' };
  const robot: Account = { id: 103, login: 'fairlead-bot', name: 'Fairlead', type: 'User' };
  const state: GithubState = {
    user: robot,
    accounts: [octo, ada, robot],
    repositories: [],
    redeliveries: [],
    lastId: 10_000,
  };
  const widgets = repository(state, octo, 'widgets', ada, COMMITS);
  widgets.tags.set('v1.0.0', widgets.commits[9]!.sha).set('v1.1.0', widgets.commits[29]!.sha);
  widgets.releases = [release(state, ada, 'v1.0.0', 9), release(state, ada, 'v1.1.0', 29)];
  widgets.issues = [issue(state, widgets, ada, 'The import stops at the first empty line')];
  widgets.pulls = [pull(state, widgets, ada)];
  state.repositories = [widgets, { ...repository(state, octo, 'vault', ada, 3), private: true }];
  return state;
}

function repository(state: GithubState, owner: Account, name: string, author: Account, commits: number): Repository {
  return {
    id: nextId(state),
    owner,
    name,
    private: false,
    description: `Where ${name} are made`,
    createdAtMs: BEGIN_MS,
    commits: history(name, author, commits),
    tags: new Map(),
    labels: [label(state, 'bug', 'd73a4a'), label(state, 'enhancement', 'a2eeef')],
    issues: [],
    pulls: [],
    releases: [],
    lastNumber: 0,
  };
}

function history(name: string, author: Account, count: number): Commit[] {
  const commits: Commit[] = [];
  for (let index = 0; index < count; index++) {
    const sha = shaOf(`${name} ${index}`);
    const kind = ['feat', 'fix', 'docs'][index % 3]!;
    const message = `${kind}: change number ${index + 1}`;
    const files = [`src/part-${index % 5}.ts`];
    commits.push({ sha, parent: commits.at(-1)?.sha, message, author, atMs: BEGIN_MS + index * HOUR_MS, files });
  }
  return commits;
}

/** Forty hex digits, as Git writes them. */
export function shaOf(text: string): string {
  return hash('sha1', text, 'hex');
}

export function label(state: GithubState, name: string, color = 'ededed'): Label {
  return { id: nextId(state), name, color, description: null };
}

function release(state: GithubState, author: Account, tag: string, at: number): Release {
  return {
    id: nextId(state),
    tag,
    target: 'main',
    name: `Widgets ${tag.slice(1)}`,
    body: 'What is new.',
    draft: false,
    prerelease: false,
    author,
    createdAtMs: BEGIN_MS + at * HOUR_MS,
  };
}

function issue(state: GithubState, repo: Repository, user: Account, title: string): Issue {
  return {
    id: nextId(state),
    number: ++repo.lastNumber,
    title,
    body: 'It should go on.',
    state: 'open',
    reason: null,
    user,
    labels: repo.labels.slice(0, 1),
    assignees: [],
    comments: [],
    createdAtMs: BEGIN_MS,
    updatedAtMs: BEGIN_MS,
    closedAtMs: null,
  };
}

function pull(state: GithubState, repo: Repository, user: Account): PullRequest {
  return {
    id: nextId(state),
    number: ++repo.lastNumber,
    title: 'Skip empty lines',
    body: null,
    state: 'open',
    user,
    head: { branch: 'empty-lines', sha: shaOf('empty-lines') },
    base: { branch: 'main', sha: repo.commits.at(-1)!.sha },
    createdAtMs: BEGIN_MS + HOUR_MS,
    mergedAtMs: null,
  };
}

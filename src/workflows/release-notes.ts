/**
 * Release notes: what was committed since the last release, over all pages, drafted without a model, and posted at most
 * once for the same state of the repository.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import { groupCommits, pullsOf, type NoteEntry, type NoteGroup, type ReleasedCommit } from './commit-groups.js';
import { keyOf, readPages, stateOf, write, type RunOperation, type Step, type WorkflowState } from './steps.js';

export interface ReleaseNotesInput {
  /** `owner/name`. */
  repository: string;
  /** Tag, branch or commit; default: the last release, else the highest tag, else the beginning. */
  since?: string;
  /** Branch or commit up to which; default: the main branch. */
  head?: string;
  /** Channel of Slack for the summary; absent: it is only drafted. `webhook` goes through the Incoming Webhook. */
  post?: string;
  /** A text in place of the summary, e.g. one that an agent wrote from the draft. */
  text?: string;
  dryRun?: boolean;
}

export interface ReleaseNotes {
  repository: string;
  /** Absent when nothing was ever released or tagged. */
  since?: string;
  /** The newest commit; absent where there is none. */
  head?: string;
  commits: number;
  pulls: number[];
  groups: NoteGroup[];
  /** Markdown, for the release itself. */
  draft: string;
  /** A few lines in the markup of Slack. */
  summary: string;
  state: WorkflowState | 'drafted' | 'nothing_to_release';
  posted?: Step;
}

interface CommitPage {
  since?: string;
  commits: ReleasedCommit[];
  total?: number;
  nextCursor?: string;
}

const VIA_WEBHOOK = 'webhook';
const SUMMARY_LINES_MAX = 12;

/** @throws AppError `provider_contract` when the pages do not add up, and what a read came to */
export async function releaseNotes(run: RunOperation, input: ReleaseNotesInput): Promise<ReleaseNotes> {
  const { repository, since: from, head } = input;
  const asked = { repository, ...(from !== undefined && { since: from }), ...(head !== undefined && { head }) };
  const pages = await readPages<CommitPage>(run, 'github.listUnreleasedCommits', asked);
  const commits = pages.flatMap((page) => page.commits);
  const { since, total } = pages[0]!;
  // Notes of half of a release are worse than none.
  if (total !== undefined && total !== commits.length)
    throw new AppError('provider_contract', { provider: 'github', path: 'commits' });
  const groups = groupCommits(commits);
  const newest = since === undefined ? commits[0] : commits.at(-1);
  const notes = {
    repository,
    ...(since !== undefined && { since }),
    ...(newest !== undefined && { head: newest.sha }),
    commits: commits.length,
    pulls: pullsOf(groups),
    groups,
    draft: draftOf(repository, since, groups),
    summary: summaryOf(repository, since, commits.length, groups),
  };
  if (newest === undefined) return { ...notes, state: 'nothing_to_release' };
  if (input.post === undefined) return { ...notes, state: 'drafted' };
  const posted = await post(run, input, notes.summary, newest.sha);
  return { ...notes, state: stateOf([posted]), posted };
}

/** One post for one repository, place and newest commit, whatever the text: the ledger refuses another one. */
async function post(
  run: RunOperation,
  { repository, post: to = VIA_WEBHOOK, text, dryRun = false }: ReleaseNotesInput,
  summary: string,
  head: string,
): Promise<Step> {
  const message = { ...(to !== VIA_WEBHOOK && { channel: to }), text: text ?? summary };
  const idempotencyKey = keyOf('release-notes', { repository: repository.toLowerCase(), to, head });
  return await write(run, 'slack.sendMessage', message, { idempotencyKey, dryRun });
}

const reference = ({ pull, sha, author }: NoteEntry): string =>
  `${pull === undefined ? sha : `#${pull}`}${author === undefined ? '' : `, ${author}`}`;

const line = (entry: NoteEntry): string =>
  `${entry.scope === undefined ? '' : `${entry.scope}: `}${entry.title} (${reference(entry)})`;

/** What is markup in Markdown stays what its author typed. */
const plain = (text: string): string => text.replace(/[\\`*_[\]<>]/g, '\\$&').replaceAll('@', '@\u200b');

function draftOf(repository: string, since: string | undefined, groups: readonly NoteGroup[]): string {
  const title = `# ${repository}: unreleased changes${since === undefined ? '' : ` since ${since}`}`;
  const sections = groups.map(
    (group) => `## ${group.title}\n\n${group.entries.map((entry) => `- ${plain(line(entry))}`).join('\n')}`,
  );
  return `${[title, ...(sections.length === 0 ? ['Nothing has changed.'] : sections)].join('\n\n')}\n`;
}

/** In mrkdwn three characters are markup that can call people; a commit shall call nobody. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function summaryOf(repository: string, since: string | undefined, count: number, groups: readonly NoteGroup[]): string {
  const from = since === undefined ? '' : ` since ${since}`;
  const head = `*${escaped(repository)}*: ${count} unreleased ${count === 1 ? 'commit' : 'commits'}${escaped(from)}`;
  const counted = groups.map(({ title, entries }) => `${title}: ${entries.length}`).join(' · ');
  const lines = groups.flatMap(({ entries }) => entries.map((entry) => `• ${escaped(line(entry))}`));
  const shown = lines.slice(0, SUMMARY_LINES_MAX);
  const rest = lines.length - shown.length;
  return [head, ...(counted === '' ? [] : [counted]), ...shown, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

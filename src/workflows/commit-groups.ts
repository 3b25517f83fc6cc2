/**
 * Commits as readers of release notes want them: by what they mean, with the pull request they came through.
 *
 * @source conventionalcommits.org, version 1.0.0 (types, scopes, `!`, BREAKING CHANGE); GitHub's titles of merges
 * @module
 */

export interface ReleasedCommit {
  sha: string;
  title: string;
  message: string;
  author?: string | undefined;
  url: string;
}

export interface NoteEntry {
  /** Without its conventional prefix. */
  title: string;
  scope?: string;
  pull?: number;
  author?: string;
  /** Seven digits. */
  sha: string;
  isBreaking: boolean;
}

export interface NoteGroup {
  title: string;
  entries: NoteEntry[];
}

const BREAKING = 'Breaking changes';
const OTHER = 'Other changes';
/** In the order of the notes. */
const GROUPS: readonly (readonly [title: string, types: readonly string[]])[] = [
  ['Features', ['feat', 'feature']],
  ['Fixes', ['fix', 'bugfix', 'hotfix']],
  ['Performance', ['perf']],
  ['Documentation', ['docs', 'doc']],
  ['Maintenance', ['chore', 'build', 'ci', 'refactor', 'style', 'test', 'tests', 'deps']],
  ['Reverted', ['revert']],
];
const TITLES = [BREAKING, ...GROUPS.slice(0, 3).map(([title]) => title), OTHER, ...GROUPS.slice(3).map(([one]) => one)];
const TITLE_CHARACTERS_MAX = 200;

const PREFIX = /^(?<type>[a-z]{2,12})(?:\((?<scope>[^()]{1,60})\))?(?<mark>!)?:\s+(?<rest>.+)$/i;
const MERGE = /^Merge pull request #(\d{1,9}) from \S+$/;
const MERGED_BRANCH = /^Merge (remote-tracking )?branch /;
const SQUASHED = /\s*\(#(\d{1,9})\)$/;

/** Groups that have entries, in the order of the notes; merges stand for what they merged. */
export function groupCommits(commits: readonly ReleasedCommit[]): NoteGroup[] {
  const groups = new Map<string, NoteEntry[]>(TITLES.map((title) => [title, []]));
  for (const commit of commits) {
    if (MERGED_BRANCH.test(commit.title)) continue;
    const { group, entry } = entryOf(commit);
    groups.get(group)!.push(entry);
  }
  return [...groups].filter(([, entries]) => entries.length > 0).map(([title, entries]) => ({ title, entries }));
}

/** Every pull request that is named, ascending. */
export function pullsOf(groups: readonly NoteGroup[]): number[] {
  const pulls = groups.flatMap(({ entries }) => entries.flatMap(({ pull }) => (pull === undefined ? [] : [pull])));
  return [...new Set(pulls)].sort((a, b) => a - b);
}

function entryOf({ title, message, author, sha }: ReleasedCommit): { group: string; entry: NoteEntry } {
  const merged = MERGE.exec(title)?.[1];
  // A merge says in its body what it is about.
  const about = merged === undefined ? title : (message.split('\n').slice(1).find(hasText) ?? title);
  const pull = merged ?? SQUASHED.exec(about)?.[1];
  const bare = about.replace(SQUASHED, '');
  const { type, scope, mark, rest } = PREFIX.exec(bare)?.groups ?? {};
  const known = GROUPS.find(([, types]) => type !== undefined && types.includes(type.toLowerCase()))?.[0];
  const isBreaking = mark === '!' || /^BREAKING[ -]CHANGE: /m.test(message);
  return {
    group: isBreaking ? BREAKING : (known ?? OTHER),
    entry: {
      title: oneLine(known === undefined && mark === undefined ? bare : (rest ?? bare)),
      ...(known !== undefined && scope !== undefined && { scope: oneLine(scope) }),
      ...(pull !== undefined && { pull: Number(pull) }),
      ...(author !== undefined && { author: oneLine(author) }),
      sha: sha.slice(0, 7),
      isBreaking,
    },
  };
}

const hasText = (line: string): boolean => line.trim() !== '';

/** What somebody wrote into a commit, as one line without characters that nobody sees. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, TITLE_CHARACTERS_MAX);
}

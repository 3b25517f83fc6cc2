/**
 * Releases.
 *
 * @source @octokit/openapi (repos/releases)
 * @module
 */
import { z } from 'zod';
import { defineAction } from '../../core/connector.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import { listIn, optional, textOrEmpty } from './answers.js';
import { markedIn, SETTLES } from './look-up.js';
import { withMark } from './marker.js';
import { cursor, nextPage, PAGE_SIZE, placeAt } from './pages.js';
import { repository, repositoryPath, touchesRepository } from './repository.js';

const NOTES_CHARACTERS_MAX = 120_000;

const release = z.strictObject({
  id: z.int(),
  tag: z.string(),
  name: z.string(),
  notes: z.string(),
  draft: z.boolean(),
  prerelease: z.boolean(),
  author: z.string().optional(),
  url: z.string(),
  createdAt: z.string(),
  publishedAt: z.string().optional(),
});
type Release = z.output<typeof release>;

function releaseFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    tag: value['tag_name'],
    name: value['name'] ?? '',
    notes: textOrEmpty(value['body']),
    draft: value['draft'],
    prerelease: value['prerelease'],
    ...optional('author', valueAt(value, 'author.login')),
    url: value['html_url'],
    createdAt: value['created_at'],
    ...optional('publishedAt', value['published_at']),
  };
}

const releasesPath = (input: { repository: string }): string => `${repositoryPath(input)}/releases`;
const repositoryTarget = ({ repository }: { repository: string }) => ({ type: 'repository', id: repository });

const listInput = z.strictObject({ repository, cursor });
const releasePage = z.strictObject({ releases: z.array(release), nextCursor: z.string().optional() });

export const listReleases = defineAction<z.output<typeof listInput>, z.output<typeof releasePage>>({
  summary: 'Lists the releases of a GitHub repository, drafts among them if the token may see those',
  effect: 'read',
  endpoint: 'GET /repos/{owner}/{repo}/releases',
  permissions: ['contents:read'],
  input: listInput,
  output: releasePage,
  target: repositoryTarget,
  touches: touchesRepository,
  request: (input) => ({
    method: 'GET',
    url: releasesPath(input),
    query: { per_page: PAGE_SIZE, ...placeAt(input.cursor) },
  }),
  parse: (answer) => ({ releases: listIn(answer)?.map(releaseFrom), ...nextPage(answer) }),
  idempotency: 'none',
  settleMs: 0,
  pages: { items: 'releases' },
});

const latestInput = z.strictObject({ repository });

export const getLatestRelease = defineAction<z.output<typeof latestInput>, Release>({
  summary: 'Reads the latest release of a GitHub repository that is neither a draft nor a prerelease',
  effect: 'read',
  endpoint: 'GET /repos/{owner}/{repo}/releases/latest',
  permissions: ['contents:read'],
  input: latestInput,
  output: release,
  target: repositoryTarget,
  touches: touchesRepository,
  request: (input) => ({ method: 'GET', url: `${releasesPath(input)}/latest` }),
  parse: ({ body }) => releaseFrom(parseJsonObject(body)),
  idempotency: 'none',
  settleMs: 0,
});

const createInput = z.strictObject({
  repository,
  tag: z.string().min(1).max(200).describe('made when the release is published, unless it is there'),
  target: z.string().min(1).max(255).optional().describe('branch or commit for a new tag; default: the main branch'),
  name: z.string().min(1).max(255).optional(),
  notes: z.string().max(NOTES_CHARACTERS_MAX).optional().describe('in GitHub Markdown'),
  draft: z.boolean().optional().describe('only people who may write see it, and nobody is told; default: false'),
  prerelease: z.boolean().optional(),
});

export const createRelease = defineAction<z.output<typeof createInput>, Release>({
  summary: 'Publishes a release of a GitHub repository, or drafts one',
  effect: 'create',
  endpoint: 'POST /repos/{owner}/{repo}/releases',
  permissions: ['contents:write'],
  input: createInput,
  output: release,
  target: ({ repository, tag }) => ({ type: 'release', id: `${repository}@${tag}` }),
  touches: touchesRepository,
  request: ({ repository, tag, target, name, notes, draft, prerelease }, _connection, marker) => ({
    method: 'POST',
    url: releasesPath({ repository }),
    json: { tag_name: tag, target_commitish: target, name, body: withMark(notes, marker), draft, prerelease },
  }),
  parse: ({ body }) => releaseFrom(parseJsonObject(body)),
  idempotency: 'none',
  // Releases are not listed by age, so that only the whole list can say that one is not there.
  reconcile: markedIn({ url: releasesPath }, releaseFrom),
  ...SETTLES,
});

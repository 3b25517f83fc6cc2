/** What lies outside the cut of GitHub's description, against GitHub's own types: this file compiles, or fails. */
import type { components } from '@octokit/openapi-types';
import { expect, it } from 'vitest';
import { commitShape, releaseShape } from '../../src/sandbox/github/shapes.js';
import { begin } from '../../src/sandbox/github/state.js';

type Schemas = components['schemas'];

it('writes commits and releases as the types say', () => {
  const { repositories } = begin();
  const repo = repositories[0]!;
  const commit: Schemas['commit'] = commitShape('https://api.github.com', repo, repo.commits[1]!);
  const release: Schemas['release'] = releaseShape('https://api.github.com', repo, repo.releases[0]!);
  expect([commit.parents?.length, release.tag_name]).toEqual([1, 'v1.0.0']);
});

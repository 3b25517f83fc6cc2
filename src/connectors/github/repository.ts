/** Repositories as inputs name them, and as restrictions know them. @module */
import { z } from 'zod';
import type { TargetRef } from '../../core/connector.js';
import { path } from '../../core/path.js';

export const repository = z
  .string()
  .regex(/^[A-Za-z0-9][\w-]{0,99}\/[\w.-]{1,100}$/, 'it is not owner/name, e.g. octo/widgets')
  .describe('owner/name, e.g. octo/widgets');

interface InRepository {
  repository: string;
}

/** Path of the repository in the API. @throws AppError `invalid_argument` for a name that is no part of an address */
export function repositoryPath({ repository }: InRepository): string {
  const [owner = '', name = ''] = repository.split('/');
  return path`/repos/${owner}/${name}`;
}

/** A connection can be restricted to repositories by their full names. */
export function touchesRepository({ repository }: InRepository): TargetRef[] {
  return [{ type: 'repository', id: repository }];
}

/** All migrations, in order. @module */
import { sql as foundation } from './001-foundation.js';

export interface Migration {
  /** Counts from 1 without gaps. */
  version: number;
  name: string;
  sql: string;
  /** SHA-256 over the schema as it is after this migration, see `schemaHash`; a test computes it again. */
  hash: string;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'foundation',
    sql: foundation,
    hash: '1d7c91af549e692d162c8949034224c62ddc86590f1c8709486a3125b3f12139',
  },
];

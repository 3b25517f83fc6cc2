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
    hash: '6fcdca77aa743c44a42eae8d6e7bca9fa05ca21487eb2cf0c1e5ff469c925719',
  },
];

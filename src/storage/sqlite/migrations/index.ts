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
    hash: '7576a4c01013292871fded0f8309fe53700f245a76209f6ce3b867aaabbb1dc1',
  },
];

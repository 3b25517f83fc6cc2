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
    hash: '316ac2ffe7fd743036607149d74a8c6a41773be0b4a9ad13e707551fc47cee1b',
  },
];

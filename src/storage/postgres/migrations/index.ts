/** All migrations, in order. @module */
import { sql as foundation } from './001-foundation.js';
import { sql as waitingJobs } from './002-waiting-jobs.js';
import { sql as peopleAndNodes } from './003-people-and-nodes.js';
import { sql as additions } from './004-additions.js';

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
  {
    version: 2,
    name: 'waiting-jobs',
    sql: waitingJobs,
    hash: '17403ea569a7d1404631b45433998cb44c42451a3aeed3754a5192f98f98b6d1',
  },
  {
    version: 3,
    name: 'people-and-nodes',
    sql: peopleAndNodes,
    hash: '8f4f8a052a53d6d69e8019711a621973c42b339234ce87a04510c27b08234f44',
  },
  {
    version: 4,
    name: 'additions',
    sql: additions,
    hash: '27c42cf802805226e22b46c7d8ef468eae6819ff48bee691eff53b349b06a092',
  },
];

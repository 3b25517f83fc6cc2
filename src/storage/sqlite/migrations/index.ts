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
    hash: '2ed0d396c859da8dbdb7e054b9f963901cdfc0cccdbb6632716aefa1519f1ce1',
  },
  {
    version: 2,
    name: 'waiting-jobs',
    sql: waitingJobs,
    hash: '1afebd6d81177bd625fbf5711f39075fc81a3fb079838dbd3258c21948890250',
  },
  {
    version: 3,
    name: 'people-and-nodes',
    sql: peopleAndNodes,
    hash: '90bb27c8ee1bff89b2f3db9eec865bc94a15822291e50c25d307b911924c19ac',
  },
  {
    version: 4,
    name: 'additions',
    sql: additions,
    hash: '3e716b35d264e38180882b9e733af9599fff7f73dfcede3238ad14e45d5cb92d',
  },
];

/** Schema version 2. Never edited once released: a change is a new file. @module */

/**
 * Of a claimed job whether its attempt is not counted yet, and of a job that is put off without a failure of its own
 * since when. A program of version 1 leaves both as they are, which means: counted.
 */
export const sql = `
alter table fairlead.job add column ahead boolean not null default false;
alter table fairlead.job add column waits_since bigint;
`;

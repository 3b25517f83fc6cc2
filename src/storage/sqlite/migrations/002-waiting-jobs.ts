/** Schema version 2. Never edited once released: a change is a new file. @module */

/**
 * Of a claimed job whether its attempt is not counted yet, and of a job that is put off without a failure of its own
 * since when. A program of version 1 leaves both as they are, which means: counted.
 */
export const sql = `
alter table job add column ahead integer not null default 0;
alter table job add column waits_since integer;
`;

/** States of a call and of an approval that are its end, as lists in SQL. @module */
export const ENDED_CALL = `'done', 'failed'`;

/** Of an approval likewise. */
export const ENDED_APPROVAL = `'rejected', 'expired', 'used'`;

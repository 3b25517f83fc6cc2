/** States of a call that are its end, as a list in SQL. @module */
export const ENDED_CALL = `'done', 'failed'`;

/** Schema version 3. Never edited once released: a change is a new file. @module */

export const sql = `
`;

/** The version of this program, as in package.json; a test proves that they agree. @module */
export const VERSION = '0.1.0';

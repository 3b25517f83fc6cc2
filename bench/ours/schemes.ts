/** The product's table of signature schemes, for the bench that writes each of them by hand beside it. @module */
export { SCHEMES } from '../../src/connectors/schemes.generated.js';

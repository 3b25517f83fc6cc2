/** Programs that act for people: who they are, what they ask for, and what they are given. @module */
export { ClientDirectory } from './client-directory.js';
export { problemOfClientRedirect, type Client, type ClientFound } from './client-document.js';
export { readGrantRequest, type GrantErrorCode, type GrantRequest, type ReturnAddress } from './grant-request.js';
export { Grants, type GrantedAccess, type GrantEvent, type GrantTokens, type TokenRefusal } from './grants.js';

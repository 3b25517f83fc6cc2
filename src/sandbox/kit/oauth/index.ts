/** The authorization servers of simulated providers. @module */
export type { IssuedToken, OAuthForm, OAuthProblem, OAuthRevocation } from './form.js';
export { OAUTH_TROUBLES, oauthRoutes, standardRefusal } from './routes.js';
export { OAuthServer } from './server.js';

/** People who sign in. @module */
export { AccessTokens, type TokenClaims } from './access-tokens.js';
export { csrfToken, isCsrfToken, Sessions, type SignedIn, type TokenPair } from './sessions.js';
export {
  loginConnector,
  SignIn,
  type ConnectorWithLogin,
  type SignInEnd,
  type SignInFailure,
  type SignInWish,
} from './sign-in.js';
export { SigningKeys } from './signing-keys.js';

/** OAuth as a client: how accounts are connected, and how their tokens stay valid. @module */
export { OAuthApps } from './apps.js';
export { credentialOf, type Grant, type OAuthCredential, type OAuthFacts } from './credential.js';
export { hasAuth, type ConnectorWithAuth } from './endpoints.js';
export { parseProblem, Renewer, type Renewable, type RenewalProblem, type RenewalReport } from './renewer.js';
export { missingScopes, wantedScopes } from './scopes.js';
export { TokenClient, type OAuthClient } from './token-client.js';
export { outcomeOfAnswer, outcomeOfSilence, type TokenOutcome } from './token-outcome.js';
export { ConnectFlow, type BegunFlow, type ConnectFailure, type FlowEnd, type FlowRequest } from './connect-flow.js';
export { ConnectLinks, type ConnectLink } from './connect-link.js';
export { type Revocation } from './revoke.js';
export { readPrivateKey } from './signed-assertion.js';
export { newToken } from './new-token.js';

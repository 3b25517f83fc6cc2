/** The one table of operations. Doors project it; nothing else may be called from a door. @module */
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { actionOperations } from './actions.js';
import { APPROVAL_OPERATIONS } from './approvals.js';
import { AUDIT_OPERATIONS } from './audit.js';
import { CALL_OPERATIONS } from './calls.js';
import { CATALOGUE_OPERATIONS } from './catalogue.js';
import { CONNECTION_OPERATIONS } from './connections.js';
import { EVENT_OPERATIONS } from './events.js';
import { JOB_OPERATIONS } from './jobs.js';
import type { Operation } from './gateway.js';
import { GO_LIVE_OPERATIONS } from './go-live.js';
import { GRANT_OPERATIONS } from './grants.js';
import { KEY_OPERATIONS } from './keys.js';
import { OAUTH_OPERATIONS } from './oauth.js';
import { LIMIT_OPERATIONS } from './limits.js';
import { PAYMENT_OPERATIONS } from './payments.js';
import { PEOPLE_OPERATIONS } from './people.js';
import { TENANT_OPERATIONS } from './tenants.js';
import { REQUEST_OPERATIONS } from './requests.js';
import { POLICY_OPERATIONS } from './policies.js';
import { STATE_OPERATIONS } from './states.js';
import { SECRET_OPERATIONS } from './secrets.js';
import { SPEC_OPERATIONS } from './specs.js';
import { SOURCE_OPERATIONS } from './sources.js';
import { SYSTEM_OPERATIONS } from './system.js';
import { VAULT_OPERATIONS } from './vault.js';
import { WEBHOOK_OPERATIONS } from './webhooks.js';

/** Operations on Fairlead itself. */
export const OPERATIONS: readonly Operation[] = [
  ...SOURCE_OPERATIONS,
  ...EVENT_OPERATIONS,
  ...JOB_OPERATIONS,
  ...PAYMENT_OPERATIONS,
  ...STATE_OPERATIONS,
  ...CATALOGUE_OPERATIONS,
  ...SPEC_OPERATIONS,
  ...LIMIT_OPERATIONS,
  ...CALL_OPERATIONS,
  ...REQUEST_OPERATIONS,
  ...CONNECTION_OPERATIONS,
  ...OAUTH_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...APPROVAL_OPERATIONS,
  ...KEY_OPERATIONS,
  ...PEOPLE_OPERATIONS,
  ...TENANT_OPERATIONS,
  ...GRANT_OPERATIONS,
  ...SECRET_OPERATIONS,
  ...VAULT_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...SYSTEM_OPERATIONS,
  ...GO_LIVE_OPERATIONS,
];

/** One of {@link OPERATIONS}. @throws when there is none of this name, which is a slip in our own code. */
export function operationNamed(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation.name === name);
  if (found === undefined) throw new AppError('not_found', { what: 'operation', id: name });
  return found;
}

/** The whole table: Fairlead's own operations and every action of the connectors. */
export function operationTable(connectors: readonly ConnectorDefinition[]): readonly Operation[] {
  return [...OPERATIONS, ...actionOperations(connectors)];
}

export {
  inputFields,
  jsonSchemaOf,
  valueOfText,
  type FieldKind,
  type InputField,
  type JsonSchema,
} from './input-fields.js';
export { callRaw, connectorOf, effectOfRequest, type RawInput } from './requests.js';
export { DESCRIPTION_BYTES_MAX, entriesOfDescription } from './api-description.js';
export { isApprovalLink, SIGNED_IN_VERDICTS } from './approvals.js';
export { deniedToAgents } from './denied-anyway.js';
export { testPolicy } from './policies.js';
export { IDENTITY_ACTION } from './identity.js';
export { runOperation, type Caller } from './run.js';
export { CONNECT_FAILURES } from './connect-failures.js';
export { beginConnect, finishConnect, openLink, type Connected } from './connecting.js';
export { csrfToken, isCsrfToken, loginConnector } from '../auth/index.js';
export type { SignedIn, SignInEnd, SignInWish, TokenPair } from '../auth/index.js';
export { SIGN_IN_FAILURES, writeFirstAdmin, writeReuse, writeSignIn } from './sign-in.js';
export { GRANT_PLACE, writeGrant } from './grants.js';
export { readGrantRequest } from '../auth/index.js';
export type { GrantErrorCode, GrantRequest, Grants, GrantTokens, ReturnAddress, TokenRefusal } from '../auth/index.js';
export type { Connecting, Login } from './gateway.js';
export type { Check, Operation, Gateway, Policy } from './gateway.js';
export type { HandlerContext, HandlerDefinition, HandlerEvent } from '../jobs/index.js';

/** `fairlead/connector`: what a connector of your own is written with. @module */
export {
  defineAction,
  defineConnector,
  type ActionDefinition,
  type ActionRequest,
  type AnswerExample,
  type CallExample,
  type ConnectionView,
  type ConnectorDefinition,
  type ConnectorExamples,
  type CredentialKind,
  type EnvAlias,
  type Idempotency,
  type LimitBucket,
  type ProviderFailure,
  type Reconciliation,
} from './core/connector.js';
export { parseJsonObject } from './core/json.js';
export type { Effect } from './core/operation.js';
export type { HttpAnswer } from './core/ports.js';
export { failureByStatus, requestIdOf, type FailureWords } from './core/provider-failure.js';
export { retryAfterMs, untilEpochMillisecondsMs, untilEpochSecondsMs } from './core/retry-after.js';
export { genericHmac, type SchemeRow } from './core/signature/index.js';
export type { Delivery, EventIdentity, HandshakeAnswer, HandshakeContext, WebhookDefinition } from './core/webhook.js';

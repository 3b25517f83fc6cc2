/** `fairlead/connector`: what a connector of your own is written with. See docs/guide/connectors.md. @module */
export {
  defineAction,
  defineConnector,
  type ActionDefinition,
  type ActionFunctions,
  type ActionRequest,
  type AnswerExample,
  type CallExample,
  type ConnectionView,
  type ConnectorDefinition,
  type ConnectorExamples,
  type CredentialKind,
  type EnvAlias,
  type ExampleAnswer,
  type FailureCode,
  type FormValue,
  type HealthProbe,
  type Idempotency,
  type Identity,
  type IdentityRequest,
  type LimitBucket,
  type LimitHeaders,
  type LimitUse,
  type LookUp,
  type Method,
  type MoneyField,
  type Multipart,
  type MultipartPart,
  type ProviderFailure,
  type QueryValue,
  type ReconcileExample,
  type Reconciliation,
  type TargetRef,
  type TypedAction,
} from './core/connector.js';
export {
  classifier,
  type AnswerPattern,
  type CodeMeaning,
  type FailureRule,
  type FailureTable,
} from './core/failure-table.js';
export { isObject, parseJsonObject, valueAt } from './core/json.js';
export { KEY_LIVES_ON_MS, markAsBase32Hex, markAsHex, markAsUuid } from './core/mark.js';
export {
  checkedMoney,
  decimalOf,
  exponentOf,
  moneyFrom,
  moneyText,
  type CurrencyRule,
  type CurrencyRules,
  type Money,
} from './core/money.js';
export type { Effect } from './core/operation.js';
export {
  bodyCursor,
  cursorQuery,
  everyItem,
  everyPage,
  lastIdCursor,
  nextLinkCursor,
  offsetCursor,
  type PageCall,
} from './core/pages.js';
export { path } from './core/path.js';
export type { HttpAnswer } from './core/ports.js';
export { failureByStatus, requestIdOf, type FailureWords } from './core/provider-failure.js';
export { retryAfterMs, untilEpochMillisecondsMs, untilEpochSecondsMs, untilIsoMs } from './core/retry-after.js';
export { genericHmac, type SchemeRow } from './core/signature/index.js';
export { found, next, NOT_FOUND, UNDECIDED, type Verdict } from './core/verdict.js';
export { USUAL_WAITS, waitAskedMs, type WaitSignal, type WaitUnit } from './core/wait-signal.js';
export type { Delivery, EventIdentity, HandshakeAnswer, HandshakeContext, WebhookDefinition } from './core/webhook.js';

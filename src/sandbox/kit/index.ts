/** What a simulated provider is made with; see `definition.ts` for the form. @module */
export { randomText, type Call } from './call.js';
export { defineSandbox, type SandboxDefinition } from './definition.js';
export { Faults, parseFault, parseFaultRule, type Fault, type FaultRule } from './faults.js';
export { askProvider, sandboxNet } from './memory-net.js';
export type { Part } from './multipart.js';
export {
  OAUTH_TROUBLES,
  OAuthServer,
  standardRefusal,
  type IssuedToken,
  type OAuthForm,
  type OAuthProblem,
} from './oauth/index.js';
export { boundedCount, linkHeader, pageAroundId, pageAtCursor, pageByNumber, type Page } from './pages.js';
export type { SandboxProvider } from './provider.js';
export type { SandboxRequest } from './request.js';
export { openSocket, type SandboxSocket } from './socket-door.js';
export type { LimitNumbers, LimitVerdict } from './rate-limits.js';
export { emptyReply, jsonReply, replyText, textReply, type SandboxReply } from './reply.js';
export type { Fields } from './request-fields.js';
export type { ReceivedRequest, RequestLog } from './request-log.js';
export type { Handler, Routes } from './route-table.js';
export { Simulation, type SimulationOptions } from './simulation.js';
export type { SandboxToken, Tokens } from './tokens.js';
export type { OutgoingWebhook, WebhookForm, WebhookOutbox, WebhookSubscription } from './webhook-outbox.js';

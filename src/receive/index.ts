/** Webhooks in: from a request to an accepted event. @module */
export { type IntakeAnswer } from './answer.js';
export { Intake, type IntakeParts, type RouteEvent } from './intake.js';
export { IntakeDoor, type DoorLimits, type RequestHandler } from './node-door.js';
export { Refusals, type Refusal } from './refusals.js';
export { BODY_LIMIT_MAX, SourceTable, type ReadySource, type WebhooksOf } from './source-table.js';

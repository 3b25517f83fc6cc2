/** Calls out: the one pipeline between an action and its provider. @module */
export type { CallResult, RequestPreview } from '../core/call.js';
export { type EntryMaker } from './entries.js';
export { actionNames, findAction, type FoundAction } from './find-action.js';
export { Outbound } from './outbound.js';
export type { OutboundParts } from './parts.js';
export { subjectOf } from './permission.js';
export type { ActionCall } from './plan.js';
export { RAW_ACTION, rawAction, rawEffect } from './raw-action.js';
export { isOwnHost, renderRequest, type RenderedRequest } from './request.js';
export { approvalDigest, type StoredCall } from './stored-call.js';
export type { OutboundSettings } from './settings.js';
export type { LimitState, RateShare } from './traffic.js';

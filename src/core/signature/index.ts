/** Webhook signatures: schemes as rows, and what is done with them. @module */
export { verifyUnder, type SetVerdict } from './choose.js';
export { callProblem, diagnoseDelivery, type OtherSecrets } from './diagnose.js';
export { DIAGNOSES, type Diagnosis, type DiagnosisCode } from './diagnoses.js';
export { genericHmac, type GenericHmac } from './generic.js';
export { readBytes, readHeaders, readRequest, type HeadersInput, type RequestInput } from './input.js';
export { REFUSALS, refuse, type RefusalReason, type Verdict } from './refusals.js';
export type { SignedRequest } from './request.js';
export { hmacRow, standardWebhooks } from './shapes.js';
export { signDelivery, type SignedDelivery, type SigningRequest } from './sign-delivery.js';
export type { SchemeRow, SchemeSet } from './row.js';
export { verifyDelivery } from './verify-delivery.js';

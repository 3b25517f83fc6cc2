/**
 * Builds one audit record from what the caller knows of a call: redacted, bounded, personal values replaced by
 * commitments, canonical, hashed. The only place where records are made (receipts aside, see `receipt.ts`).
 *
 * @module
 */
import type { AuditRecord, AuditStatus, NewAuditEntry } from '../core/audit.js';
import { canonicalHash, canonicalJson, wellFormed } from '../core/canonical.js';
import { newId } from '../core/ids.js';
import { leafHash } from '../core/merkle.js';
import type { Clock, Random } from '../core/ports.js';
import type { Principal } from '../core/principal.js';
import { redact, redactText } from '../core/redact.js';
import type { Scope } from '../core/scope.js';
import type { SecretSet } from '../core/secret-set.js';
import { jsonLine } from '../core/text.js';
import { PersonalPart, personalBinding, type Sealer } from './personal.js';

/** Largest record, in bytes of the line it becomes: leaves room for index and proof within 64 KiB. */
export const RECORD_MAX_BYTES = 60 * 1024;

export interface RecorderParts {
  clock: Clock;
  random: Random;
  sealer: Sealer;
  /** Every secret this process has handed out. */
  secrets?: SecretSet;
}

/** Who is written down as the actor: a principal, or whoever else can act (a provider). */
export type AuditActor = Pick<Principal, 'id' | 'via' | 'name' | 'onBehalfOf' | 'agent'> & {
  type: Principal['type'] | 'provider';
};

/** What a caller says about one thing that happened. Ids and hashes are kept as they are, free text is redacted. */
export interface AuditDraft {
  phase: AuditRecord['phase'];
  status: AuditStatus;
  actor: AuditActor;
  action: string;
  effect?: string;
  provider?: string;
  connection?: string;
  /** `name` is personal. */
  target?: { type: string; id: string; name?: string };
  idempotencyKey?: string;
  callId?: string;
  eventId?: string;
  approval?: AuditRecord['approval'];
  request?: AuditRecord['request'];
  response?: AuditRecord['response'];
  attempts?: number;
  durationMs?: number;
  /** An AppError or ErrorView fits; `message` is redacted. */
  error?: { code: string; message: string };
  cause?: string;
  trace?: AuditRecord['trace'];
  /** `ip` is personal. */
  source?: { ip?: string; userAgent?: string };
  count?: number;
  details?: Record<string, string | number | boolean>;
  /** `external` for what was done elsewhere and is only reported to us. Default `fairlead`. */
  origin?: AuditRecord['origin'];
}

/** The record of a draft, ready to be stored. */
export function auditEntry(parts: RecorderParts, scope: Scope, draft: AuditDraft): NewAuditEntry {
  const id = newId('audit', parts.clock, parts.random);
  const atMs = parts.clock.nowMs();
  const personal = new PersonalPart(parts.random);
  const named = {
    actor: personal.commit('actor.name$', draft.actor.name),
    target: personal.commit('target.name$', draft.target?.name),
    ip: personal.commit('source.ip$', draft.source?.ip),
  };
  const { record, text } = fitted(recordOf(id, atMs, scope, cleaned(draft, parts.secrets), named));
  return {
    id,
    atMs,
    record: text,
    leaf: leafHash(text),
    personal: personal.sealed(parts.sealer, personalBinding(scope, id)),
    action: record.action,
    status: record.status,
    actor: record.actor.id,
    provider: record.provider,
    target: record.target?.id,
    callId: record.callId,
    eventId: record.eventId,
  };
}

interface Commitments {
  actor: string | undefined;
  target: string | undefined;
  ip: string | undefined;
}

/** Members that are absent stay `undefined`: canonical JSON leaves them out. */
function recordOf(id: string, atMs: number, scope: Scope, draft: AuditDraft, named: Commitments): AuditRecord {
  const { actor, target, error, source, response, trace, approval } = draft;
  return {
    v: 1,
    id,
    ts: new Date(atMs).toISOString(),
    phase: draft.phase,
    tenant: wellFormed(scope.tenant),
    environment: scope.environment,
    actor: { type: actor.type, id: actor.id, name$: named.actor },
    onBehalfOf: actor.onBehalfOf && { type: actor.onBehalfOf.type, id: actor.onBehalfOf.id },
    agent: actor.agent && {
      client: actor.agent.client,
      session: actor.agent.session,
      toolCallId: actor.agent.toolCallId,
    },
    via: actor.via,
    origin: draft.origin ?? 'fairlead',
    provider: draft.provider,
    connection: draft.connection,
    action: draft.action,
    effect: draft.effect,
    target: target && { type: target.type, id: target.id, name$: named.target },
    idempotencyKey: draft.idempotencyKey,
    // What happens outside of any call has an empty one.
    callId: draft.callId || undefined,
    eventId: draft.eventId,
    status: draft.status,
    approval: approval && { by: approval.by, at: approval.at, argsHash: approval.argsHash },
    request: draft.request && { hash: draft.request.hash },
    response: response && { hash: response.hash, providerId: response.providerId },
    attempts: draft.attempts,
    durationMs: draft.durationMs,
    error: error && { code: error.code, message: error.message },
    cause: draft.cause,
    trace: trace && { traceId: trace.traceId, spanId: trace.spanId },
    source: source && { ip$: named.ip, userAgent: source.userAgent },
    count: draft.count,
    details: draft.details,
  };
}

/** Made by us, never free text: hashes would even suffer, as digits in them can look like a card number. */
const OURS = new Set(['phase', 'status', 'origin', 'via', 'effect', 'hash', 'argsHash', 'at']);

/** The draft without secrets in any of its texts, storable as UTF-8, its numbers finite. */
function cleaned(draft: AuditDraft, secrets: SecretSet | undefined): AuditDraft {
  const visit = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return OURS.has(name) ? value : wellFormed(redactText(value, secrets));
    if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, visit(part, key)]));
  };
  const { details, error, ...rest } = draft;
  // An AppError keeps its message off its own enumerable properties.
  const errorText = error && { code: error.code, message: error.message };
  return {
    ...(visit({ ...rest, error: errorText }, '') as AuditDraft),
    details: details && flat(redact(details, secrets)),
  };
}

/** Details are one level of primitives; what redaction or a careless caller left deeper is written as JSON. */
function flat(details: unknown): AuditRecord['details'] {
  const entries = Object.entries(details as Record<string, unknown>).map(([name, value]) => {
    const primitive = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
    return [wellFormed(name), primitive ? value : wellFormed(text)] as const;
  });
  return Object.fromEntries(entries) as AuditRecord['details'];
}

/** No text that was not already cut to fit is longer than this, once a record has proved too large. */
const CUT_CHARACTERS = 256;

/** The record and its canonical text, with the details by hash and then every text cut where it would not fit a line. */
function fitted(record: AuditRecord): { record: AuditRecord; text: string } {
  const text = canonicalJson(record);
  if (fits(text)) return { record, text };
  const details = record.details && {
    sha256: Buffer.from(canonicalHash(record.details)).toString('hex'),
    bytes: Buffer.byteLength(canonicalJson(record.details)),
  };
  const byHash = { ...record, details };
  const shorter = canonicalJson(byHash);
  if (fits(shorter)) return { record: byHash, text: shorter };
  const least = cut(byHash) as AuditRecord;
  return { record: least, text: canonicalJson(least) };
}

function fits(text: string): boolean {
  // A UTF-16 unit takes at most six bytes of a line, so most records are settled without counting.
  return text.length * 6 <= RECORD_MAX_BYTES || Buffer.byteLength(jsonLine(text)) <= RECORD_MAX_BYTES;
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > CUT_CHARACTERS ? `${wellFormed(value.slice(0, CUT_CHARACTERS))}…` : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, cut(part)]));
}

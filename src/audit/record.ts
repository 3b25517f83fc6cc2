/**
 * Builds one audit record from what the caller knows of a call: redacted, bounded, personal values replaced by
 * commitments, canonical, hashed. The only place where records are made (receipts aside, see `receipt.ts`).
 *
 * @module
 */
import type { AuditRecord, AuditStatus, NewAuditEntry } from '../core/audit.js';
import { canonicalHash, canonicalJson, wellFormed } from '../core/canonical.js';
import { newId } from '../core/ids.js';
import type { Clock, Random } from '../core/ports.js';
import type { Principal } from '../core/principal.js';
import type { Scope } from '../core/scope.js';
import type { SecretSet } from '../core/secret-set.js';
import { jsonLine } from '../core/text.js';
import { cleanDetails } from './clean-details.js';
import { cleaner } from './clean-text.js';
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
  const { record, text } = fitted(recordOf({ id, atMs, scope }, draft, named, parts.secrets));
  return {
    id,
    atMs,
    record: text,
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

/**
 * Without secrets in any text that is not ours, all of it storable as UTF-8, numbers finite. Members that are absent
 * stay `undefined`, and every object has its members in the order of canonical JSON: see {@link textOf}.
 */
function recordOf(
  { id, atMs, scope }: { id: string; atMs: number; scope: Scope },
  draft: AuditDraft,
  named: Commitments,
  secrets: SecretSet | undefined,
): AuditRecord {
  const text = cleaner(secrets);
  const { actor, target, error, response, trace, approval, source } = draft;
  const { agent, onBehalfOf } = actor;
  return {
    action: text(draft.action),
    actor: { id: text(actor.id), name$: named.actor, type: text(actor.type) },
    agent: agent && { client: text(agent.client), session: text(agent.session), toolCallId: text(agent.toolCallId) },
    // Hashes and words of ours are kept as they are: digits of a hash can look like a card number.
    approval: approval && { argsHash: approval.argsHash, at: approval.at, by: text(approval.by) },
    attempts: finite(draft.attempts),
    // What happens outside of any call has an empty one.
    callId: text(draft.callId) || undefined,
    cause: text(draft.cause),
    connection: text(draft.connection),
    count: finite(draft.count),
    details: draft.details && cleanDetails(draft.details, secrets, text),
    durationMs: finite(draft.durationMs),
    effect: draft.effect,
    environment: scope.environment,
    error: error && { code: text(error.code), message: text(error.message) },
    eventId: text(draft.eventId),
    id,
    idempotencyKey: text(draft.idempotencyKey),
    onBehalfOf: onBehalfOf && { id: text(onBehalfOf.id), type: text(onBehalfOf.type) },
    origin: draft.origin ?? 'fairlead',
    phase: draft.phase,
    provider: text(draft.provider),
    request: draft.request && { hash: draft.request.hash },
    response: response && { hash: response.hash, providerId: text(response.providerId) },
    source: source && { ip$: named.ip, userAgent: text(source.userAgent) },
    status: draft.status,
    target: target && { id: text(target.id), name$: named.target, type: text(target.type) },
    tenant: wellFormed(scope.tenant),
    trace: trace && { spanId: text(trace.spanId), traceId: text(trace.traceId) },
    ts: isoTime(atMs),
    v: 1,
    via: actor.via,
  };
}

let lastTime = { atMs: Number.NaN, text: '' };

/** Several records are made within a millisecond. */
function isoTime(atMs: number): string {
  if (lastTime.atMs !== atMs) lastTime = { atMs, text: new Date(atMs).toISOString() };
  return lastTime.text;
}

function finite(number: number | undefined): number | undefined {
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}

/** No text that was not already cut to fit is longer than this, once a record has proved too large. */
const CUT_CHARACTERS = 256;

/** The record and its canonical text, with the details by hash and then every text cut where it would not fit a line. */
function fitted(record: AuditRecord): { record: AuditRecord; text: string } {
  const text = textOf(record);
  if (fits(text)) return { record, text };
  const details = record.details && {
    bytes: Buffer.byteLength(canonicalJson(record.details)),
    sha256: Buffer.from(canonicalHash(record.details)).toString('hex'),
  };
  const byHash = { ...record, details };
  const shorter = textOf(byHash);
  if (fits(shorter)) return { record: byHash, text: shorter };
  const least = cut(byHash) as AuditRecord;
  return { record: least, text: textOf(least) };
}

/**
 * The canonical text. Strings and numbers are written by RFC 8785 as by `JSON.stringify`, and members are in order
 * already; but names that look like an index come first in every object, whoever put them where.
 */
function textOf(record: AuditRecord): string {
  const isOrdered = record.details === undefined || !Object.keys(record.details).some((name) => /^\d/.test(name));
  return isOrdered ? JSON.stringify(record) : canonicalJson(record);
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

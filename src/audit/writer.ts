/**
 * Entries about what was done elsewhere, by a program that reports it. The report says what; who reports is fixed by
 * the credential, and the origin `external` says that nobody here saw it happen.
 *
 * @module
 */
import { AUDIT_STATUSES, type AuditStatus, type NewAuditEntry } from '../core/audit.js';
import { AppError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { Scope } from '../core/scope.js';
import { auditEntry, type RecorderParts } from './record.js';

/** What may be reported. Everything else of the record is ours to say. */
export interface ExternalAction {
  /** `noun.verb` or `provider.verb`, e.g. `crm.deleteContact`. */
  action: string;
  status: AuditStatus;
  provider?: string;
  target?: { type: string; id: string; name?: string };
  idempotencyKey?: string;
  callId?: string;
  eventId?: string;
  durationMs?: number;
  error?: { code: string; message: string };
  cause?: string;
  trace?: { traceId: string; spanId?: string };
  /** At most {@link DETAILS_MAX} members. */
  details?: Record<string, string | number | boolean>;
}

export const DETAILS_MAX = 50;
const TEXT_MAX = 1_000;

/** @throws AppError `invalid_argument` that names the member. */
export function externalEntry(
  parts: RecorderParts,
  scope: Scope,
  principal: Principal,
  report: ExternalAction,
): NewAuditEntry {
  check(report);
  const { action, status, provider, target, idempotencyKey, callId, eventId } = report;
  const { durationMs, error, cause, trace, details } = report;
  return auditEntry(parts, scope, {
    phase: 'external',
    origin: 'external',
    actor: principal,
    action,
    status,
    provider,
    target,
    idempotencyKey,
    callId,
    eventId,
    durationMs,
    error,
    cause,
    trace,
    details,
  });
}

function check(report: ExternalAction): void {
  if (!/^[A-Za-z][\w-]{0,63}(?:\.[A-Za-z][\w-]{0,63}){1,3}$/.test(report.action)) {
    throw invalid('action', 'is words joined by dots, such as crm.deleteContact');
  }
  if (!AUDIT_STATUSES.includes(report.status)) throw invalid('status', `is one of ${AUDIT_STATUSES.join(', ')}`);
  const { durationMs } = report;
  if (durationMs !== undefined && !(Number.isFinite(durationMs) && durationMs >= 0)) {
    throw invalid('durationMs', 'is milliseconds, not negative');
  }
  const details = Object.entries(report.details ?? {});
  if (details.length > DETAILS_MAX) throw invalid('details', `has at most ${DETAILS_MAX} members`);
  for (const [name, value] of details) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) throw invalid(`details.${name}`, 'is no plain value');
  }
  const texts = { ...report, ...report.target, ...report.error, ...report.trace, ...report.details };
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value === 'string' && value.length > TEXT_MAX) throw invalid(name, `is longer than ${TEXT_MAX}`);
  }
}

function invalid(argument: string, problem: string): AppError {
  return new AppError('invalid_argument', { argument, problem });
}

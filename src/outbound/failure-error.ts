/** The error a person reads for an attempt that did not succeed. @module */
import { CALL_BACKOFF } from '../core/backoff.js';
import type { ProviderFailure } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { NetFailure } from '../core/ports.js';
import { redactText } from '../core/redact.js';
import type { AttemptOutcome } from './attempt.js';

export type FailedOutcome = Exclude<AttemptOutcome, { kind: 'answered' }>;

/** How a person is told who did not answer. */
export interface ErrorScene {
  /** Name of the action. */
  action: string;
  /** Title of the connector, e.g. "Slack". */
  provider: string;
  /** Host of the request; absent where the address is a secret. */
  host?: string;
}

/** The error for an outcome of which it is certain that nothing took place, or that read only. */
export function errorOf(outcome: FailedOutcome, scene: ErrorScene): AppError {
  switch (outcome.kind) {
    case 'not_sent':
      return outcome.error;
    case 'refused':
      return errorOfAnswer(outcome.failure, scene);
    case 'held_back':
      return errorOfWaiting(outcome, scene);
    default:
      return errorOfSilence(outcome.failure, scene);
  }
}

/** We hold the call back ourselves, so that the provider does not have to. */
function errorOfWaiting(
  { why, retryAfterMs }: FailedOutcome & { kind: 'held_back' },
  { provider }: ErrorScene,
): AppError {
  if (why === 'limit') return new AppError('rate_limited', { provider, retryAfterMs });
  const seconds = Math.ceil(retryAfterMs / 1000);
  const problem = `most calls to it have failed just now; it is tried again in ${seconds} s`;
  return new AppError('provider_unavailable', { provider, problem, retryAfterMs });
}

function errorOfAnswer(failure: ProviderFailure, { provider }: ErrorScene): AppError {
  // Providers quote what they were sent, secrets among it.
  const problem = redactText(failure.problem);
  const named = {
    provider,
    providerCode: redactText(failure.providerCode),
    ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
  };
  switch (failure.code) {
    case 'rate_limited':
      return new AppError('rate_limited', { ...named, retryAfterMs: failure.retryAfterMs ?? CALL_BACKOFF.capMs });
    case 'provider_auth':
      return new AppError('provider_auth', { ...named, problem });
    case 'provider_unavailable':
      return new AppError('provider_unavailable', { ...named, problem });
    default:
      return new AppError('provider_rejected', { ...named, problem, requestId: failure.requestId ?? 'none' });
  }
}

const SILENCES: Record<Exclude<NetFailure['kind'], 'denied' | 'aborted' | 'timeout' | 'malformed'>, string> = {
  refused: 'it takes no connections',
  dns: 'its name does not resolve',
  reset: 'the connection broke',
  tls: 'no secure connection came about',
};

function errorOfSilence(failure: NetFailure, { action, provider, host }: ErrorScene): AppError {
  switch (failure.kind) {
    case 'aborted':
      return new AppError('cancelled', { operation: action });
    case 'denied':
      return new AppError('egress_denied', { host: host ?? provider, reason: redactText(failure.detail) });
    case 'timeout': {
      const problem = failure.sent === 'no' ? 'no connection came about in time' : 'it did not answer in time';
      return new AppError('provider_unavailable', { provider, problem });
    }
    case 'malformed':
      if (failure.sent === 'no') {
        return new AppError('invalid_argument', { argument: 'request', problem: redactText(failure.detail) });
      }
      return new AppError('provider_unavailable', { provider, problem: 'its answer was no valid HTTP' });
    default:
      return new AppError('provider_unavailable', { provider, problem: SILENCES[failure.kind] });
  }
}

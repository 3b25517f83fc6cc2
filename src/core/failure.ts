/** What a provider's answer comes to, when it is no success. @module */

export type FailureCode = 'rate_limited' | 'provider_unavailable' | 'provider_rejected' | 'provider_auth';

export interface ProviderFailure {
  code: FailureCode;
  /** The provider's own word for it, e.g. `channel_not_found`. */
  providerCode: string;
  /** Words for a person, without a status number. */
  problem: string;
  requestId?: string;
  /** How long the provider asks us to wait. Absent means backoff, never zero. */
  retryAfterMs?: number;
  /** The answer proves that nothing took place, so that even a write without a key may be sent again. */
  safeToRetry: boolean;
  /** The provider says itself whether another try makes sense. It does not make a write safe to repeat. */
  advice?: 'retry' | 'stop';
}

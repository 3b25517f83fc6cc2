/**
 * The version of Stripe's API that every request names, and what changed with versions that we still read.
 *
 * @source docs.stripe.com/api/versioning; docs.stripe.com/changelog/basil (2025-03-31: `confirmation_secret` in the
 * place of `payment_intent`)
 * @module
 */

/** Pinned: the version of the account, which anybody can raise in the dashboard, decides nothing here. */
export const API_VERSION = '2025-10-15.clover';

const BASIL = '2025-03-31';

/** Where an invoice of this version has the client secret of its payment, as `expand` takes it. */
export function invoiceSecretPath(version: string): 'confirmation_secret' | 'payment_intent' {
  return version >= BASIL ? 'confirmation_secret' : 'payment_intent';
}

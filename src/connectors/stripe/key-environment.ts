/** What a key of Stripe says of itself. @module */
import type { EnvAlias } from '../../core/connector.js';
import type { Environment } from '../../core/scope.js';

/** The key says where it belongs: `sk_test_`, `rk_live_`. */
function environmentOf(key: string): Environment | undefined {
  const mode = /^(?:sk|rk)_(test|live)_/.exec(key)?.[1];
  if (mode === undefined) return undefined;
  return mode === 'live' ? 'live' : 'sandbox';
}

export const markedKey = {
  variable: 'STRIPE_SECRET_KEY',
  makes: 'connection',
  credential: 'bearer',
  environmentOf,
} as const satisfies EnvAlias;

/** Whose account a key opens, and whether Stripe works. @source Stripe's OpenAPI description (account) @module */
import type { HealthProbe, IdentityRequest } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';
import { firstOf } from './answers.js';

export const identity: IdentityRequest = {
  request: () => ({ method: 'GET', url: '/account' }),
  read({ body }) {
    const account = parseJsonObject(body);
    const accountId = account?.['id'];
    if (typeof accountId !== 'string' || accountId === '') return undefined;
    const name = firstOf(account, 'settings.dashboard.display_name', 'business_profile.name', 'email');
    return { accountId, account: typeof name === 'string' && name !== '' ? name : accountId };
  },
};

const INTERVAL_MS = 300_000;

/** Every account has a balance, and asking for it changes nothing. */
export const health: HealthProbe = { request: () => ({ method: 'GET', url: '/balance' }), intervalMs: INTERVAL_MS };

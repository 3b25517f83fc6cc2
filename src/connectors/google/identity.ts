/**
 * Whose account a token opens. It takes the permissions `openid` and `email`, which connecting has to ask for beside
 * those of the actions.
 *
 * @source OpenID Connect Core 1.0, section 5.3 (userinfo); the address and `hd` (the Workspace domain) from memory
 * @module
 */
import type { HealthProbe, Identity, IdentityRequest } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';

const HEALTH_INTERVAL_MS = 300_000;

export const identity: IdentityRequest = {
  request: () => ({ method: 'GET', base: 'identity', url: '/v1/userinfo' }),
  read({ body }): Identity | undefined {
    const { sub, email, hd } = parseJsonObject(body) ?? {};
    if (typeof sub !== 'string' || typeof email !== 'string') return undefined;
    return { accountId: sub, account: typeof hd === 'string' ? hd : email, actor: email };
  },
};

/** No API of Google answers every token; this one needs no quota of Calendar, Drive, Gmail or Sheets. */
export const health: HealthProbe = { request: identity.request, intervalMs: HEALTH_INTERVAL_MS };

/** Whose workspace a token opens. @source slack-api-specs (auth.test) @module */
import type { HealthProbe, Identity, IdentityRequest } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';

const HEALTH_INTERVAL_MS = 300_000;

/** Only a token can ask; an Incoming Webhook knows nothing but to post. */
export const identity: IdentityRequest = {
  request: () => ({ method: 'POST', url: '/auth.test' }),
  read({ body }): Identity | undefined {
    const answer = parseJsonObject(body) ?? {};
    const text = (name: string): string | undefined => {
      const value = answer[name];
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
    const [accountId, account, user, url] = [text('team_id'), text('team'), text('user'), text('url')];
    if (accountId === undefined || account === undefined) return undefined;
    return { accountId, account, ...(user !== undefined && { actor: `@${user}` }), ...(url !== undefined && { url }) };
  },
};

export const health: HealthProbe = { request: identity.request, intervalMs: HEALTH_INTERVAL_MS };

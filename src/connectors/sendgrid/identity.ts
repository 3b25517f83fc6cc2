/**
 * Whose account a key opens.
 *
 * @source sendgrid.com/docs (user/username, scopes), from memory: outside of the stored description
 * @module
 */
import type { HealthProbe, IdentityRequest } from '../../core/connector.js';
import { parseJsonObject } from '../../core/json.js';

export const identity = {
  request: () => ({ method: 'GET', url: '/v3/user/username' }),
  read({ body }) {
    const user = parseJsonObject(body);
    const { username, user_id: id } = user ?? {};
    if (typeof username !== 'string' || username === '') return undefined;
    const isId = typeof id === 'number' || typeof id === 'string';
    return { accountId: isId ? String(id) : username, account: username };
  },
} as const satisfies IdentityRequest;

/** Every key may ask what it may do. */
export const health = {
  request: () => ({ method: 'GET', url: '/v3/scopes' }),
  intervalMs: 300_000,
} as const satisfies HealthProbe;

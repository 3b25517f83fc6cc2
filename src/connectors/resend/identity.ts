/**
 * Whose account a key opens. Resend has no request for that; the domains that it may send from say it.
 *
 * @source resend-openapi (/domains)
 * @module
 */
import type { HealthProbe, IdentityRequest } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';

const NAMES_SHOWN = 3;

export const identity = {
  request: () => ({ method: 'GET', url: '/domains', query: { limit: 100 } }),
  read({ body }) {
    const data = parseJsonObject(body)?.['data'];
    if (!Array.isArray(data)) return undefined;
    const domains = data.filter(isDomain).sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    const [oldest] = domains;
    if (oldest === undefined) return undefined;
    const names = domains.map(({ name }) => name);
    const more = names.length > NAMES_SHOWN ? `, and ${names.length - NAMES_SHOWN} more` : '';
    return { accountId: oldest.id, account: names.slice(0, NAMES_SHOWN).join(', ') + more };
  },
} as const satisfies IdentityRequest;

export const health = {
  request: () => ({ method: 'GET', url: '/domains', query: { limit: 1 } }),
  intervalMs: 300_000,
} as const satisfies HealthProbe;

function isDomain(value: unknown): value is { id: string; name: string; created_at: string } {
  return isObject(value) && ['id', 'name', 'created_at'].every((field) => typeof value[field] === 'string');
}

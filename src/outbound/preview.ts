/** A dry run: the exact request as a person can read it, without its secret. @module */
import type { RequestPreview } from '../core/call.js';
import { valueAt } from '../core/json.js';
import { moneyText } from '../core/money.js';
import type { Plan } from './plan.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

export function previewOf(plan: Pick<Plan, 'rendered' | 'connection' | 'lookups' | 'found' | 'input'>): RequestPreview {
  const { rendered, connection, lookups } = plan;
  const money = moneyOf(plan);
  const { method, url, headers, body } = rendered;
  return {
    method,
    url: url?.href ?? `(the secret address of ${connection.view.id})`,
    headers: { ...headers },
    ...(body && { body: textOf(body) }),
    ...(lookups.length > 0 && { lookups }),
    ...(money.length > 0 && { money }),
  };
}

/** By ISO 4217, or by the rules of the provider where it counts in another way. */
function moneyOf({ found, input }: Pick<Plan, 'found' | 'input'>): string[] {
  return (found.action.money ?? []).flatMap(({ amount, currency }) => {
    const minor = valueAt(input, amount);
    const code = valueAt(input, currency);
    if (typeof minor !== 'number' || typeof code !== 'string') return [];
    return [moneyText({ minor, currency: code.toUpperCase() }, found.connector.currencies)];
  });
}

function textOf(body: Uint8Array): string {
  try {
    return UTF8.decode(body);
  } catch {
    return `(${body.byteLength} bytes)`;
  }
}

/**
 * Whom not to write to any more, by an event of Resend.
 *
 * @source resend-openapi (EmailBouncedEvent, EmailComplainedEvent); `email.suppressed` and the kinds of bounce from memory
 * @module
 */
import { isObject, valueAt } from '../../core/json.js';
import { suppression, type Suppression, type SuppressionReason } from '../../core/suppression.js';

const REASONS: Readonly<Record<string, SuppressionReason>> = {
  'email.bounced': 'bounced',
  'email.suppressed': 'bounced',
  'email.complained': 'complained',
};

/**
 * The addresses that an event takes off the list. A full mailbox (a transient bounce) takes off nobody.
 *
 * @param body of the event, parsed
 */
export function suppressionsIn(body: unknown): Suppression[] {
  const type = isObject(body) ? body['type'] : undefined;
  const reason = typeof type === 'string' && Object.hasOwn(REASONS, type) ? REASONS[type] : undefined;
  const isPassing = /^(transient|temporary|undetermined)$/i.test(String(valueAt(body, 'data.bounce.type') ?? ''));
  if (reason === undefined || isPassing) return [];
  const atMs = Date.parse(String(valueAt(body, 'created_at') ?? ''));
  const about = { ...(Number.isFinite(atMs) && { atMs }), detail: valueAt(body, 'data.bounce.message') };
  const to = [valueAt(body, 'data.to') ?? []].flat();
  return to.map((address) => suppression(address, reason, about)).filter((one) => one !== undefined);
}

/**
 * Whom not to write to any more, by an event of SendGrid.
 *
 * @source sendgrid/docs event webhook; anymail's sample events (dropped, with its reason); the kinds of bounce from memory
 * @module
 */
import { isObject } from '../../core/json.js';
import { suppression, type Suppression, type SuppressionReason } from '../../core/suppression.js';

/** By event; of a dropped mail, by its reason. */
const REASONS: Readonly<Record<string, SuppressionReason>> = {
  bounce: 'bounced',
  spamreport: 'complained',
  unsubscribe: 'unsubscribed',
  'bounced address': 'bounced',
  'spam reporting address': 'complained',
  'unsubscribed address': 'unsubscribed',
  invalid: 'invalid',
};

/**
 * The addresses that an event takes off the list, or those of a list of events. A blocked mail (the receiver does not
 * want it now) takes off nobody.
 *
 * @param body of the event, parsed
 */
export function suppressionsIn(body: unknown): Suppression[] {
  return [body]
    .flat()
    .map(suppressionOf)
    .filter((one) => one !== undefined);
}

function suppressionOf(event: unknown): Suppression | undefined {
  if (!isObject(event)) return undefined;
  const name = event['event'] === 'dropped' ? String(event['reason']).toLowerCase() : event['event'];
  const isBlock = event['event'] === 'bounce' && event['type'] === 'blocked';
  const reason = typeof name === 'string' && Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
  if (reason === undefined || isBlock) return undefined;
  const { timestamp } = event;
  const atMs = typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp * 1000 : undefined;
  return suppression(event['email'], reason, { atMs, detail: event['reason'] });
}

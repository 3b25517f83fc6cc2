/**
 * `fairlead/mail`: bounces and complaints, read from the events of every provider of mail. Pure functions, without a
 * dependency; keeping the list is yours. See docs/guide/sendgrid.md.
 *
 * @module
 */
import { SUPPRESSIONS } from './connectors/suppressions.generated.js';
import type { Suppression } from './core/suppression.js';

export { suppressedBy, suppressionKey, type Suppression, type SuppressionReason } from './core/suppression.js';

/**
 * Whom not to write to any more, by one event. Empty for an event about something else, for a bounce that passes, and for
 * a provider that sends no mail.
 *
 * @param data the body of the event, parsed: `event.data` in a handler
 */
export function suppressionsOf(provider: string, data: unknown): Suppression[] {
  return Object.hasOwn(SUPPRESSIONS, provider) ? SUPPRESSIONS[provider]!(data) : [];
}

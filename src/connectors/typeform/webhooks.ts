/**
 * Typeform webhooks: HMAC over the raw body, base64 after `sha256=`.
 *
 * @source memory; no document of the provider was read.
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

export const schemes: SchemeSet = {
  'typeform-sha256': hmacRow({ header: 'typeform-signature', encoding: 'base64', prefix: 'sha256=' }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('event_id');
  const type = body?.text('event_type');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    occurredAtMs: body.instant('form_response.submitted_at'),
    account: body.text('form_response.form_id'),
    subject: body.text('form_response.token'),
  };
}

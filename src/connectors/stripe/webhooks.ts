/**
 * Stripe webhooks: timestamp and several signatures in one header, the signing secret used as text with its prefix.
 *
 * @source https://docs.stripe.com/webhooks/signature, stripe-node src/Webhooks.ts (read). Future timestamps, which that
 * SDK accepts, are refused here.
 * @module
 */
import { jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/** Only `v1` counts: `v0` is a decoy of test mode, and during a secret roll there are two `v1`. */
export const schemes: SchemeSet = {
  'stripe-v1': hmacRow({
    header: 'stripe-signature',
    list: { separator: ',', assign: '=', key: 'v1' },
    timestamp: { item: 't', unit: 's' },
    signs: '{timestamp}.{body}',
    toleranceSeconds: 300,
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent'],
  paymentTypes: [
    'checkout.session.completed',
    'checkout.session.expired',
    'payment_intent.succeeded',
    'invoice.payment_succeeded',
    'invoice.payment_failed',
    'customer.subscription.updated',
    'customer.subscription.deleted',
    'charge.refunded',
  ],
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const body = jsonBody(delivery);
  const key = body?.text('id');
  const type = body?.text('type');
  if (body === undefined || key === undefined || type === undefined) return undefined;
  return {
    key,
    keyIsSigned: true,
    type,
    // Thin events (`v2.core.event`) write an ISO instant instead of seconds.
    occurredAtMs: body.seconds('created') ?? body.instant('created'),
    account: body.text('account', 'context'),
    subject: body.text('data.object.customer', 'data.object.customer.id', 'data.object.id', 'related_object.id'),
  };
}

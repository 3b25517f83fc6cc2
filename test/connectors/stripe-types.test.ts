/** The compiler compares: what lies outside of the cut description is checked by the types of Stripe's own library. */
import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { markAsUuid } from '../../src/core/mark.js';
import {
  asSent,
  customerOf,
  eventsOf,
  KEY,
  outputOf,
  paymentOf,
  stripeWorld,
  subscriptionOf,
  TEAM,
  TEAM_PLUS,
  URLS,
  type StripeWorld,
} from './stripe-world.js';

describe("Stripe's types", () => {
  const form = (at: StripeWorld, path: RegExp) => at.asked.findLast((one) => path.test(one.path))?.form;
  const sent = (at: StripeWorld, path: RegExp, params: object): void => expect(form(at, path)).toEqual(asSent(params));
  const mark = { fairlead_call: markAsUuid(KEY.idempotencyKey) };

  it('know the change of a plan, its preview, and the end of a subscription', async () => {
    const at = await stripeWorld();
    const subscription = subscriptionOf(at);
    const { data } = at.stripe.objects('subscription')[0]!['items'] as { data: { id: string }[] };
    const items = [{ id: data[0]!.id, price: TEAM_PLUS, quantity: 3 }];
    const prorationAt = '2026-02-16T12:00:00Z';
    const input = { subscription, price: TEAM_PLUS, quantity: 3, bill: 'now', prorationAt };
    const proration_date = Date.parse(prorationAt) / 1000;
    const details = { items, proration_behavior: 'always_invoice', proration_date } as const;
    await outputOf(at, 'stripe.previewPlanChange', input);
    const preview: Stripe.InvoiceCreatePreviewParams = { subscription, subscription_details: details };
    sent(at, /create_preview$/, preview);
    await outputOf(at, 'stripe.changePlan', input);
    const change: Stripe.SubscriptionUpdateParams = {
      ...details,
      payment_behavior: 'error_if_incomplete',
      expand: ['latest_invoice'],
    };
    sent(at, /subscriptions\/sub_/, change);
    await outputOf(at, 'stripe.cancelSubscription', { subscription }, { idempotencyKey: 'end' });
    const end: Stripe.SubscriptionUpdateParams = { cancel_at_period_end: true };
    sent(at, /subscriptions\/sub_/, end);
  });

  it('know a subscription, a preview of tax, and the portal', async () => {
    const at = await stripeWorld();
    const customer = customerOf(at);
    const input = { customer, items: [{ price: TEAM, quantity: 2 }], automaticTax: true, trialDays: 7 };
    const { id } = await outputOf<{ id: string }>(at, 'stripe.createSubscription', input);
    const begun: Stripe.SubscriptionCreateParams = {
      customer,
      items: [{ price: TEAM, quantity: 2 }],
      payment_behavior: 'default_incomplete',
      payment_settings: { save_default_payment_method: 'on_subscription' },
      automatic_tax: { enabled: true },
      trial_period_days: 7,
      metadata: mark,
      expand: ['latest_invoice.confirmation_secret', 'pending_setup_intent'],
    };
    sent(at, /subscriptions$/, begun);
    const address = { line1: 'Hauptstr. 1', postalCode: '10115', country: 'DE' };
    await outputOf(at, 'stripe.previewTax', { items: [{ price: TEAM }], address, taxExempt: 'none' });
    const { postalCode: postal_code, ...rest } = address;
    const tax: Stripe.InvoiceCreatePreviewParams = {
      customer_details: { address: { ...rest, postal_code }, tax_exempt: 'none' },
      automatic_tax: { enabled: true },
      subscription_details: { items: [{ price: TEAM }] },
    };
    sent(at, /create_preview$/, tax);
    const opens = 'subscription_update';
    await outputOf(at, 'stripe.createPortalSession', { customer, opens, subscription: id }, { idempotencyKey: 'p' });
    const flow = { type: opens, subscription_update: { subscription: id } } as const;
    const portal: Stripe.BillingPortal.SessionCreateParams = { customer, flow_data: flow };
    sent(at, /billing_portal/, portal);
  });

  it('know a checkout, a customer and a refund', async () => {
    const at = await stripeWorld();
    const customer = customerOf(at);
    const metadata = { order: '7' };
    const items = [{ name: 'Hat', description: 'Red', amount: 900, taxBehavior: 'exclusive', quantity: 2 }];
    const input = { mode: 'payment', items, currency: 'EUR', customer, automaticTax: true, metadata, ...URLS };
    await outputOf(at, 'stripe.createCheckoutSession', { ...input, allowPromotionCodes: true, reference: 'r' });
    const product_data = { name: 'Hat', description: 'Red' };
    const price_data = { currency: 'eur', product_data, unit_amount: 900, tax_behavior: 'exclusive' } as const;
    const session: Stripe.Checkout.SessionCreateParams = {
      mode: 'payment',
      line_items: [{ price_data, quantity: 2 }],
      customer,
      success_url: URLS.successUrl,
      client_reference_id: 'r',
      allow_promotion_codes: true,
      automatic_tax: { enabled: true },
      customer_update: { address: 'auto' },
      payment_intent_data: { metadata },
      metadata: { ...metadata, ...mark },
    };
    sent(at, /checkout/, session);
    const cleared: Stripe.CustomerUpdateParams = { phone: '', metadata: { plan: '' }, address: '', tax_exempt: 'none' };
    const change = { phone: null, metadata: { plan: null }, address: null, taxExempt: 'none' };
    await outputOf(at, 'stripe.updateCustomer', { customer, ...change }, { idempotencyKey: 'c' });
    sent(at, /customers\/cus_/, cleared);
    const payment = paymentOf(at);
    await outputOf(at, 'stripe.refundPayment', { payment, reason: 'duplicate' }, { idempotencyKey: 'r' });
    const reason = 'duplicate' as const;
    const refund: Stripe.RefundCreateParams = {
      payment_intent: payment,
      reason,
      metadata: { fairlead_call: markAsUuid('r') },
    };
    sent(at, /refunds$/, refund);
    expect(eventsOf(at, 'refund.created')).toBe(1);
  });
});

/** Sample Stripe events: invented data in the shape of API version 2025-10-15. @module */
import { jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

type Make = (id: string, created: number) => Record<string, unknown>;

const customer = (id: string): string => `cus_${id.slice(0, 14)}`;

const checkoutSession: Make = (id, created) => ({
  id: `cs_test_${id}`,
  object: 'checkout.session',
  amount_subtotal: 4200,
  amount_total: 4998,
  client_reference_id: `order-${id}`,
  created,
  currency: 'eur',
  customer: customer(id),
  customer_details: { email: 'ada@example.com', name: 'Ada Example', address: { country: 'DE' } },
  livemode: false,
  metadata: { plan: 'team' },
  mode: 'subscription',
  payment_status: 'paid',
  status: 'complete',
  subscription: `sub_${id}`,
});

const invoice =
  (status: 'paid' | 'open'): Make =>
  (id, created) => ({
    id: `in_${id}`,
    object: 'invoice',
    amount_due: 4998,
    amount_paid: status === 'paid' ? 4998 : 0,
    attempt_count: 1,
    billing_reason: 'subscription_cycle',
    created,
    currency: 'eur',
    customer: customer(id),
    customer_email: 'ada@example.com',
    number: `F-${created % 10_000}`,
    parent: { type: 'subscription_details', subscription_details: { subscription: `sub_${id}` } },
    status,
    total: 4998,
  });

const charge: Make = (id, created) => ({
  id: `ch_${id}`,
  object: 'charge',
  amount: 4998,
  amount_refunded: 4998,
  created,
  currency: 'eur',
  customer: customer(id),
  payment_intent: `pi_${id}`,
  refunded: true,
  status: 'succeeded',
});

const subscription =
  (status: 'active' | 'canceled'): Make =>
  (id, created) => ({
    id: `sub_${id}`,
    object: 'subscription',
    cancel_at_period_end: false,
    created,
    currency: 'eur',
    customer: customer(id),
    items: { object: 'list', data: [{ id: `si_${id}`, quantity: 3, price: { id: 'price_team', unit_amount: 1400 } }] },
    status,
  });

const paymentIntent: Make = (id, created) => ({
  id: `pi_${id}`,
  object: 'payment_intent',
  amount: 4998,
  amount_received: 4998,
  created,
  currency: 'eur',
  customer: customer(id),
  latest_charge: `ch_${id}`,
  status: 'succeeded',
});

const customerRecord: Make = (id, created) => ({
  id: customer(id),
  object: 'customer',
  created,
  email: 'ada@example.com',
  name: 'Ada Example',
  metadata: {},
});

const OBJECTS: Record<string, Make> = {
  'checkout.session.completed': checkoutSession,
  'invoice.payment_succeeded': invoice('paid'),
  'invoice.payment_failed': invoice('open'),
  'charge.refunded': charge,
  'customer.created': customerRecord,
  'customer.subscription.updated': subscription('active'),
  'customer.subscription.deleted': subscription('canceled'),
  'payment_intent.succeeded': paymentIntent,
};

export const samples: SampleSet = {
  types: Object.keys(OBJECTS),
  sample(type, id, nowMs) {
    const created = Math.floor(nowMs / 1000);
    return jsonSample({
      id: `evt_${id}`,
      object: 'event',
      api_version: '2025-10-15.clover',
      created,
      data: { object: OBJECTS[type]?.(id, created) ?? { id: `obj_${id}`, object: type.split('.')[0] } },
      livemode: false,
      pending_webhooks: 1,
      request: { id: `req_${id}`, idempotency_key: null },
      type,
    });
  },
};

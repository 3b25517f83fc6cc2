/** Checkout, portal, payments, refunds: what we send and how we read it. Run as tests by the connector suite. @module */
import type { CallExample, ReconcileExample } from '../../core/connector.js';
import { CREATED, CREATED_AT, listOf, MARK, VERSION } from './customer-examples.js';

const without = (value: object, name: string): object =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

const URLS = { successUrl: 'https://app.example/ok?id={CHECKOUT_SESSION_ID}', cancelUrl: 'https://app.example/no' };
const SENT_URLS = { success_url: URLS.successUrl, cancel_url: URLS.cancelUrl };

const SESSION = {
  id: 'cs_test_1',
  object: 'checkout.session',
  amount_subtotal: 1500,
  amount_total: 1500,
  automatic_tax: { enabled: false, liability: null, status: null },
  client_reference_id: 'order-7',
  created: CREATED,
  currency: 'jpy',
  customer: null,
  customer_details: null,
  customer_email: 'ada@example.com',
  expires_at: CREATED + 86_400,
  metadata: { order: '7', ...MARK },
  mode: 'payment',
  payment_intent: null,
  payment_status: 'unpaid',
  status: 'open',
  subscription: null,
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  url: 'https://checkout.stripe.com/c/pay/cs_test_1',
};
const yen = (minor: number) => ({ minor, currency: 'JPY', text: `${minor} JPY` });
const euros = (minor: number, text: string) => ({ minor, currency: 'EUR', text: `${text} EUR` });
const READ_SESSION = {
  id: 'cs_test_1',
  url: SESSION.url,
  status: 'open',
  paymentStatus: 'unpaid',
  mode: 'payment',
  customerEmail: 'ada@example.com',
  reference: 'order-7',
  subtotal: yen(1500),
  tax: yen(0),
  total: yen(1500),
  automaticTax: { enabled: false },
  metadata: { order: '7' },
  createdAt: CREATED_AT,
  expiresAt: '2026-01-06T09:00:00.000Z',
};
const PAY_ONCE = {
  mode: 'payment',
  items: [{ name: 'Hat', amount: 500, quantity: 3 }],
  currency: 'JPY',
  customerEmail: 'ada@example.com',
  reference: 'order-7',
  metadata: { order: '7' },
  ...URLS,
};
const SUBSCRIBE = {
  mode: 'subscription',
  items: [
    { price: 'price_team', quantity: 2 },
    { name: 'Support', amount: 12_340, every: 'month', taxBehavior: 'exclusive' },
  ],
  currency: 'KWD',
  customer: 'cus_1',
  automaticTax: true,
  trialDays: 14,
  ...URLS,
};

const PAYMENT = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 4998,
  amount_received: 4998,
  client_secret: 'pi_1_secret_x',
  created: CREATED,
  currency: 'eur',
  customer: 'cus_1',
  description: null,
  last_payment_error: null,
  latest_charge: { id: 'ch_1', amount_refunded: 1000, disputed: false, receipt_url: 'https://pay.stripe.com/r/1' },
  metadata: {},
  status: 'succeeded',
};
const DECLINED = {
  ...PAYMENT,
  amount_received: 0,
  latest_charge: 'ch_1',
  last_payment_error: { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds', message: 'No.' },
  status: 'requires_payment_method',
};
const READ_PAYMENT = {
  id: 'pi_1',
  status: 'succeeded',
  amount: euros(4998, '49.98'),
  received: euros(4998, '49.98'),
  refunded: euros(1000, '10.00'),
  isDisputed: false,
  customer: 'cus_1',
  receiptUrl: 'https://pay.stripe.com/r/1',
  metadata: {},
  createdAt: CREATED_AT,
};

const REFUND = {
  id: 're_1',
  object: 'refund',
  amount: 1000,
  charge: 'ch_1',
  created: CREATED,
  currency: 'eur',
  metadata: { ticket: '12', ...MARK },
  payment_intent: 'pi_1',
  reason: 'requested_by_customer',
  status: 'succeeded',
};
const READ_REFUND = {
  id: 're_1',
  amount: euros(1000, '10.00'),
  status: 'succeeded',
  payment: 'pi_1',
  charge: 'ch_1',
  reason: 'requested_by_customer',
  metadata: { ticket: '12' },
  createdAt: CREATED_AT,
};
const GIVE_BACK = {
  payment: 'pi_1',
  amount: 1000,
  currency: 'eur',
  reason: 'requested_by_customer',
  metadata: { ticket: '12' },
};

export const paymentCalls: Record<string, CallExample[]> = {
  createCheckoutSession: [
    {
      input: PAY_ONCE,
      request: {
        method: 'POST',
        url: '/checkout/sessions',
        headers: VERSION,
        form: {
          mode: 'payment',
          line_items: [
            { price_data: { currency: 'jpy', product_data: { name: 'Hat' }, unit_amount: 500 }, quantity: 3 },
          ],
          customer_email: 'ada@example.com',
          ...SENT_URLS,
          client_reference_id: 'order-7',
          payment_intent_data: { metadata: { order: '7' } },
          metadata: { order: '7', ...MARK },
        },
      },
      answer: { body: SESSION },
      output: READ_SESSION,
    },
    {
      input: SUBSCRIBE,
      request: {
        method: 'POST',
        url: '/checkout/sessions',
        form: {
          mode: 'subscription',
          line_items: [
            { price: 'price_team', quantity: 2 },
            {
              price_data: {
                currency: 'kwd',
                product_data: { name: 'Support' },
                unit_amount: 12_340,
                tax_behavior: 'exclusive',
                recurring: { interval: 'month' },
              },
              quantity: 1,
            },
          ],
          customer: 'cus_1',
          ...SENT_URLS,
          automatic_tax: { enabled: true },
          customer_update: { address: 'auto' },
          subscription_data: { trial_period_days: 14 },
          metadata: MARK,
        },
      },
      answer: { body: { ...SESSION, mode: 'subscription', customer: 'cus_1', customer_email: null } },
      output: { ...without(READ_SESSION, 'customerEmail'), mode: 'subscription', customer: 'cus_1' },
    },
  ],
  getCheckoutSession: [
    {
      input: { session: 'cs_test_1' },
      request: { method: 'GET', url: '/checkout/sessions/cs_test_1', headers: VERSION },
      answer: { body: { ...SESSION, status: 'complete', payment_status: 'paid', payment_intent: 'pi_1', url: null } },
      output: { ...without(READ_SESSION, 'url'), status: 'complete', paymentStatus: 'paid', payment: 'pi_1' },
    },
  ],
  createPortalSession: [
    {
      input: { customer: 'cus_1', returnUrl: 'https://app.example/account' },
      request: {
        method: 'POST',
        url: '/billing_portal/sessions',
        headers: VERSION,
        form: { customer: 'cus_1', return_url: 'https://app.example/account' },
      },
      answer: {
        body: { id: 'bps_1', customer: 'cus_1', created: CREATED, url: 'https://billing.stripe.com/p/session/test_1' },
      },
      output: {
        id: 'bps_1',
        customer: 'cus_1',
        createdAt: CREATED_AT,
        url: 'https://billing.stripe.com/p/session/test_1',
      },
    },
    {
      input: { customer: 'cus_1', opens: 'subscription_cancel', subscription: 'sub_1' },
      request: {
        method: 'POST',
        url: '/billing_portal/sessions',
        form: {
          customer: 'cus_1',
          flow_data: { type: 'subscription_cancel', subscription_cancel: { subscription: 'sub_1' } },
        },
      },
      answer: { body: { id: 'bps_2', customer: 'cus_1', created: CREATED, url: 'https://billing.stripe.com/p/2' } },
      output: { id: 'bps_2', customer: 'cus_1', createdAt: CREATED_AT, url: 'https://billing.stripe.com/p/2' },
    },
  ],
  getPayment: [
    {
      input: { payment: 'pi_1' },
      request: { method: 'GET', url: '/payment_intents/pi_1', query: { 'expand[]': ['latest_charge'] } },
      answer: { body: PAYMENT },
      output: READ_PAYMENT,
    },
    {
      input: { payment: 'pi_1' },
      answer: { body: DECLINED },
      output: {
        id: 'pi_1',
        status: 'requires_payment_method',
        amount: euros(4998, '49.98'),
        received: euros(0, '0.00'),
        customer: 'cus_1',
        failure: { code: 'insufficient_funds', words: 'Card was declined: there is not enough money on it' },
        metadata: {},
        createdAt: CREATED_AT,
      },
    },
  ],
  refundPayment: [
    {
      input: GIVE_BACK,
      lookups: [{ body: PAYMENT }],
      request: {
        method: 'POST',
        url: '/refunds',
        headers: VERSION,
        form: {
          payment_intent: 'pi_1',
          amount: 1000,
          reason: 'requested_by_customer',
          metadata: { ticket: '12', ...MARK },
        },
      },
      answer: { body: REFUND },
      output: READ_REFUND,
    },
    {
      input: { payment: 'pi_1' },
      request: { method: 'POST', url: '/refunds', form: { payment_intent: 'pi_1', metadata: MARK } },
      answer: { body: { ...REFUND, reason: null, metadata: MARK } },
      output: { ...without(READ_REFUND, 'reason'), metadata: {} },
    },
  ],
};

const OLDER = { id: 're_0', created: -1_000_000, metadata: {} };

export const paymentReconciles: Record<string, ReconcileExample[]> = {
  createCheckoutSession: [
    { input: PAY_ONCE, answers: [{ body: listOf([SESSION], true) }], means: { found: READ_SESSION } },
    { input: PAY_ONCE, answers: [{ body: listOf([OLDER], true) }], means: 'not_found' },
  ],
  refundPayment: [
    { input: GIVE_BACK, answers: [{ body: listOf([REFUND]) }], means: { found: READ_REFUND } },
    { input: GIVE_BACK, answers: [{ body: listOf([]) }], means: 'not_found' },
    { input: GIVE_BACK, answers: [{ body: '<html>' }], means: 'undecided' },
  ],
};

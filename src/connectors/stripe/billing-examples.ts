/** Subscriptions, plans, invoices: what we send and how we read it. Run as tests by the connector suite. @module */
import type { CallExample, ReconcileExample } from '../../core/connector.js';
import { CREATED, CREATED_AT, listOf, MARK, VERSION } from './customer-examples.js';

const END = CREATED + 30 * 86_400;
const END_AT = '2026-02-04T09:00:00.000Z';
const euros = (minor: number, text: string) => ({ minor, currency: 'EUR', text: `${text} EUR` });

const price = (id: string, amount: number) => ({ id, currency: 'eur', product: 'prod_1', unit_amount: amount });
const item = (id: string, amount: number, quantity: number) => ({
  id: 'si_1',
  object: 'subscription_item',
  current_period_start: CREATED,
  current_period_end: END,
  price: price(id, amount),
  quantity,
});

const SUBSCRIPTION = {
  id: 'sub_1',
  object: 'subscription',
  automatic_tax: { enabled: true, liability: { type: 'self' } },
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  created: CREATED,
  currency: 'eur',
  customer: 'cus_1',
  ended_at: null,
  items: { object: 'list', data: [item('price_team', 1400, 2)], has_more: false },
  latest_invoice: 'in_1',
  metadata: { team: '7', ...MARK },
  pending_setup_intent: null,
  status: 'active',
  trial_end: null,
};
const READ = {
  id: 'sub_1',
  status: 'active',
  customer: 'cus_1',
  items: [{ id: 'si_1', price: 'price_team', product: 'prod_1', quantity: 2, amount: euros(1400, '14.00') }],
  currency: 'EUR',
  automaticTax: true,
  periodStart: CREATED_AT,
  periodEnd: END_AT,
  cancelAtPeriodEnd: false,
  latestInvoice: 'in_1',
  metadata: { team: '7' },
  createdAt: CREATED_AT,
};
const waiting = (secret: object) => ({
  ...SUBSCRIPTION,
  status: 'incomplete',
  latest_invoice: { id: 'in_1', object: 'invoice', amount_due: 2800, currency: 'eur', ...secret },
});
const BEGUN = waiting({ confirmation_secret: { client_secret: 'pi_1_secret_x', type: 'payment_intent' } });
const READ_BEGUN = {
  ...READ,
  status: 'incomplete',
  amountDue: euros(2800, '28.00'),
  clientSecret: 'pi_1_secret_x',
  secretIsOf: 'payment',
};
const BEGIN = {
  customer: 'cus_1',
  items: [{ price: 'price_team', quantity: 2 }],
  automaticTax: true,
  metadata: { team: '7' },
  returnClientSecret: true,
};
const TRIAL = { customer: 'cus_1', items: [{ price: 'price_team' }], trialDays: 14 };
const EXPANDED = ['latest_invoice.confirmation_secret', 'pending_setup_intent'];

const PLUS = {
  ...SUBSCRIPTION,
  items: { object: 'list', data: [item('price_plus', 2800, 2)] },
  latest_invoice: { id: 'in_2', object: 'invoice', amount_due: 1400, currency: 'eur' },
};
const READ_PLUS = {
  ...READ,
  items: [{ id: 'si_1', price: 'price_plus', product: 'prod_1', quantity: 2, amount: euros(2800, '28.00') }],
  latestInvoice: 'in_2',
  amountDue: euros(1400, '14.00'),
};
const TO_PLUS = { subscription: 'sub_1', price: 'price_plus', bill: 'now', prorationAt: '2026-01-05T09:00:00Z' };
const LOOKED_UP = [{ body: SUBSCRIPTION }, { body: SUBSCRIPTION }];
const CHANGED_ITEMS = [{ id: 'si_1', price: 'price_plus', quantity: 2 }];

const line = (amount: number, description: string, proration: boolean) => ({
  object: 'line_item',
  amount,
  currency: 'eur',
  description,
  parent: { type: 'subscription_item_details', subscription_item_details: { proration, subscription_item: 'si_1' } },
  period: { start: CREATED, end: END },
  pricing: { type: 'price_details', price_details: { price: 'price_plus', product: 'prod_1' } },
  quantity: 2,
});
const readLine = (amount: object, description: string, isProration: boolean) => ({
  description,
  amount,
  price: 'price_plus',
  quantity: 2,
  isProration,
  periodStart: CREATED_AT,
  periodEnd: END_AT,
});

const INVOICE = {
  id: 'in_1',
  object: 'invoice',
  amount_due: 1666,
  amount_paid: 1666,
  amount_remaining: 0,
  automatic_tax: { enabled: true, status: 'complete' },
  billing_reason: 'subscription_update',
  created: CREATED,
  currency: 'eur',
  customer: 'cus_1',
  customer_email: 'ada@example.com',
  due_date: null,
  hosted_invoice_url: 'https://invoice.stripe.com/i/1',
  invoice_pdf: 'https://pay.stripe.com/invoice/1/pdf',
  lines: {
    object: 'list',
    data: [line(-1400, 'Unused time on Team', true), line(2800, 'Remaining time on Plus', true)],
    has_more: false,
  },
  metadata: {},
  number: 'A-0001',
  parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1' } },
  status: 'paid',
  status_transitions: { paid_at: CREATED },
  subtotal: 1400,
  total: 1666,
  total_taxes: [{ amount: 200 }, { amount: 66 }],
};
const SUMS = {
  subtotal: euros(1400, '14.00'),
  tax: euros(266, '2.66'),
  taxStatus: 'complete',
  total: euros(1666, '16.66'),
  amountDue: euros(1666, '16.66'),
  lines: [
    readLine(euros(-1400, '-14.00'), 'Unused time on Team', true),
    readLine(euros(2800, '28.00'), 'Remaining time on Plus', true),
  ],
  isComplete: true,
};
const OLD_LINE = { amount: 500, currency: 'jpy', description: null, proration: false, price: { id: 'price_yen' } };
const OLD_INVOICE = {
  ...INVOICE,
  currency: 'jpy',
  lines: { data: [OLD_LINE], has_more: true },
  parent: undefined,
  subscription: 'sub_1',
  tax: 50,
  total_taxes: undefined,
};
const yen = (minor: number) => ({ minor, currency: 'JPY', text: `${minor} JPY` });
const READ_INVOICE = {
  id: 'in_1',
  number: 'A-0001',
  status: 'paid',
  customer: 'cus_1',
  customerEmail: 'ada@example.com',
  subscription: 'sub_1',
  reason: 'subscription_update',
  ...SUMS,
  amountPaid: euros(1666, '16.66'),
  amountRemaining: euros(0, '0.00'),
  url: 'https://invoice.stripe.com/i/1',
  pdfUrl: 'https://pay.stripe.com/invoice/1/pdf',
  metadata: {},
  createdAt: CREATED_AT,
  paidAt: CREATED_AT,
};

export const billingCalls: Record<string, CallExample[]> = {
  createSubscription: [
    {
      input: BEGIN,
      request: {
        method: 'POST',
        url: '/subscriptions',
        headers: VERSION,
        form: {
          customer: 'cus_1',
          items: [{ price: 'price_team', quantity: 2 }],
          payment_behavior: 'default_incomplete',
          payment_settings: { save_default_payment_method: 'on_subscription' },
          automatic_tax: { enabled: true },
          metadata: { team: '7', ...MARK },
          expand: EXPANDED,
        },
      },
      answer: { body: BEGUN },
      output: READ_BEGUN,
    },
    {
      // As versions before 2025-03-31 answer: the secret is the payment's, the period the subscription's.
      input: BEGIN,
      answer: {
        body: {
          ...waiting({ payment_intent: { id: 'pi_1', client_secret: 'pi_1_secret_x' } }),
          items: { data: [{ id: 'si_1', price: price('price_team', 1400), quantity: 2 }] },
          current_period_start: CREATED,
          current_period_end: END,
        },
      },
      output: READ_BEGUN,
    },
    {
      input: TRIAL,
      request: {
        method: 'POST',
        url: '/subscriptions',
        form: {
          customer: 'cus_1',
          items: [{ price: 'price_team' }],
          payment_behavior: 'default_incomplete',
          payment_settings: { save_default_payment_method: 'on_subscription' },
          trial_period_days: 14,
          metadata: MARK,
          expand: EXPANDED,
        },
      },
      answer: {
        body: {
          ...SUBSCRIPTION,
          status: 'trialing',
          trial_end: END,
          pending_setup_intent: { id: 'seti_1', client_secret: 'seti_1_secret_x' },
        },
      },
      output: { ...READ, status: 'trialing', trialEnd: END_AT, clientSecret: 'seti_1_secret_x', secretIsOf: 'setup' },
    },
  ],
  getSubscription: [
    {
      input: { subscription: 'sub_1' },
      request: { method: 'GET', url: '/subscriptions/sub_1', headers: VERSION },
      answer: { body: SUBSCRIPTION },
      output: READ,
    },
  ],
  cancelSubscription: [
    {
      input: { subscription: 'sub_1' },
      request: { method: 'POST', url: '/subscriptions/sub_1', form: { cancel_at_period_end: true } },
      answer: { body: { ...SUBSCRIPTION, cancel_at_period_end: true, cancel_at: END, canceled_at: CREATED } },
      output: { ...READ, cancelAtPeriodEnd: true, cancelAt: END_AT, canceledAt: CREATED_AT },
    },
  ],
  previewPlanChange: [
    {
      input: TO_PLUS,
      lookups: LOOKED_UP,
      request: {
        method: 'POST',
        url: '/invoices/create_preview',
        headers: VERSION,
        form: {
          subscription: 'sub_1',
          subscription_details: {
            items: CHANGED_ITEMS,
            proration_behavior: 'always_invoice',
            proration_date: CREATED,
          },
        },
      },
      answer: { body: { ...INVOICE, id: 'upcoming_in_1', status: 'draft' } },
      output: { ...SUMS, difference: euros(1400, '14.00'), prorationAt: CREATED_AT },
    },
  ],
  changePlan: [
    {
      input: TO_PLUS,
      lookups: LOOKED_UP,
      request: {
        method: 'POST',
        url: '/subscriptions/sub_1',
        headers: VERSION,
        form: {
          items: CHANGED_ITEMS,
          proration_behavior: 'always_invoice',
          proration_date: CREATED,
          payment_behavior: 'error_if_incomplete',
          expand: ['latest_invoice'],
        },
      },
      answer: { body: PLUS },
      output: READ_PLUS,
    },
    {
      input: { subscription: 'sub_1', price: 'price_plus', item: 'si_2', quantity: 5 },
      request: {
        method: 'POST',
        url: '/subscriptions/sub_1',
        form: {
          items: [{ id: 'si_2', price: 'price_plus', quantity: 5 }],
          proration_behavior: 'create_prorations',
          payment_behavior: 'error_if_incomplete',
          expand: ['latest_invoice'],
        },
      },
      answer: { body: PLUS },
      output: READ_PLUS,
    },
  ],
  getInvoice: [
    {
      input: { invoice: 'in_1' },
      request: { method: 'GET', url: '/invoices/in_1', headers: VERSION },
      answer: { body: INVOICE },
      output: READ_INVOICE,
    },
    {
      input: { invoice: 'in_1' },
      answer: { body: OLD_INVOICE },
      output: {
        ...READ_INVOICE,
        subtotal: yen(1400),
        tax: yen(50),
        total: yen(1666),
        amountDue: yen(1666),
        amountPaid: yen(1666),
        amountRemaining: yen(0),
        lines: [{ description: '', amount: yen(500), price: 'price_yen', isProration: false }],
        isComplete: false,
      },
    },
  ],
  previewTax: [
    {
      input: { items: [{ price: 'price_team' }], address: { country: 'DE', postalCode: '10115' }, taxExempt: 'none' },
      request: {
        method: 'POST',
        url: '/invoices/create_preview',
        headers: VERSION,
        form: {
          customer_details: { address: { country: 'DE', postal_code: '10115' }, tax_exempt: 'none' },
          automatic_tax: { enabled: true },
          subscription_details: { items: [{ price: 'price_team' }] },
        },
      },
      answer: { body: INVOICE },
      output: SUMS,
    },
  ],
};

export const billingReconciles: Record<string, ReconcileExample[]> = {
  createSubscription: [
    { input: BEGIN, answers: [{ body: listOf([{ metadata: {} }, BEGUN]) }], means: { found: READ_BEGUN } },
    { input: BEGIN, answers: [{ body: listOf([]) }], means: 'not_found' },
  ],
  cancelSubscription: [
    {
      input: { subscription: 'sub_1' },
      answers: [{ body: { ...SUBSCRIPTION, cancel_at_period_end: true } }],
      means: { found: { ...READ, cancelAtPeriodEnd: true } },
    },
    { input: { subscription: 'sub_1' }, answers: [{ body: SUBSCRIPTION }], means: 'not_found' },
  ],
  changePlan: [
    { input: TO_PLUS, answers: [{ body: PLUS }], means: { found: READ_PLUS } },
    { input: TO_PLUS, answers: [{ body: SUBSCRIPTION }], means: 'not_found' },
    { input: TO_PLUS, answers: [{ body: { error: {} } }], means: 'undecided' },
  ],
};

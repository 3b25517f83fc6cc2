/** Stripe's own example objects, read as our actions read answers: an independent judge of every field we rely on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connector } from '../../src/connectors/stripe/index.js';
import type { ActionDefinition } from '../../src/core/connector.js';
import { specs } from '../sandbox/official-description.js';

type Resources = Record<string, Record<string, unknown>>;
const resources = (): Resources =>
  (JSON.parse(readFileSync(join(specs.path!, 'stripe/fixtures3.json'), 'utf8')) as { resources: Resources }).resources;

const READERS: Record<keyof typeof connector.actions, string | [list: string]> = {
  createCustomer: 'customer',
  getCustomer: 'customer',
  updateCustomer: 'customer',
  findCustomerByEmail: ['customer'],
  createCheckoutSession: 'checkout.session',
  getCheckoutSession: 'checkout.session',
  createPortalSession: 'billing_portal.session',
  createSubscription: 'subscription',
  getSubscription: 'subscription',
  changePlan: 'subscription',
  cancelSubscription: 'subscription',
  previewPlanChange: 'invoice',
  previewTax: 'invoice',
  getInvoice: 'invoice',
  getPayment: 'payment_intent',
  refundPayment: 'refund',
  listEvents: ['event'],
};

it.runIf(specs.available).each(Object.entries(READERS))('stripe.%s reads the example of %s', (action, kind) => {
  const object = resources()[[kind].flat()[0]!];
  expect(object).toBeDefined();
  const body = typeof kind === 'string' ? object : { object: 'list', data: [object], has_more: false };
  const { parse, output } = connector.actions[action as keyof typeof READERS] as unknown as ActionDefinition;
  const answer = { status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)), truncated: false };
  const read = output.safeParse(parse(answer, {}));
  expect(read.success ? [] : read.error.issues).toEqual([]);
});

it.runIf(specs.available)('the example of an account says whose it is', () => {
  const body = Buffer.from(JSON.stringify(resources()['account']));
  expect(connector.identity.read({ status: 200, headers: {}, body, truncated: false })).toMatchObject({
    accountId: expect.stringMatching(/^acct_/) as string,
  });
});

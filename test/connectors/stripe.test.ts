/** Every action of Stripe through the real pipeline against the simulated Stripe, with Stripe's description beside it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { settled } from './connected.js';
import {
  connector,
  customerOf,
  eventsOf,
  paymentOf,
  stripeWorld,
  subscriptionOf,
  TEAM,
  TEAM_PLUS,
  type StripeWorld,
} from './stripe-world.js';

const KEY = 'order-7';
const HOUR_MS = 3_600_000;

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'stripe/openapi.json' });
});
afterAll(() =>
  console.log(checker === undefined ? `stripe: unchecked, ${specs.reason}` : coverageText('stripe actions', checker)),
);

const world = () => stripeWorld({ checker });

interface Write {
  action: string;
  input: (world: StripeWorld) => object;
  effects: (world: StripeWorld) => number;
  output: object;
  refusedIn: object;
  words: RegExp;
  /** No list shows what it makes. */
  isUnlisted?: true;
}

const URLS = { successUrl: 'https://app.example/ok' };
const named =
  (name: string) =>
  ({ stripe }: StripeWorld) =>
    stripe.objects(name).length;

const WRITES: readonly Write[] = [
  {
    action: 'createCustomer',
    input: () => ({
      email: 'ada@example.com',
      name: 'Ada',
      address: { country: 'DE', postalCode: '10115' },
      metadata: { plan: 'team' },
    }),
    effects: named('customer'),
    output: { email: 'ada@example.com', address: { country: 'DE', postalCode: '10115' }, metadata: { plan: 'team' } },
    refusedIn: { email: 'ada@nowhere' },
    words: /Stripe: this is no e-mail address/,
  },
  {
    action: 'updateCustomer',
    input: (at) => ({ customer: customerOf(at), name: 'Ada L.', taxExempt: 'reverse', metadata: { plan: 'plus' } }),
    effects: (at) => at.stripe.objects('customer').filter((one) => one['name'] === 'Ada L.').length,
    output: { name: 'Ada L.', taxExempt: 'reverse', metadata: { plan: 'plus' } },
    refusedIn: { customer: 'cus_none', name: 'x' },
    words: /No such customer: 'cus_none'/,
  },
  {
    action: 'createCheckoutSession',
    input: (at) => ({
      mode: 'subscription',
      items: [{ price: TEAM, quantity: 3 }],
      customer: customerOf(at, 'pm_card_visa', { address: { country: 'DE' } }),
      automaticTax: true,
      metadata: { order: '7' },
      ...URLS,
    }),
    effects: named('checkout.session'),
    output: {
      mode: 'subscription',
      status: 'open',
      total: { minor: 4998, currency: 'EUR', text: '49.98 EUR' },
      tax: { minor: 798, currency: 'EUR', text: '7.98 EUR' },
      automaticTax: { enabled: true, status: 'complete' },
      metadata: { order: '7' },
    },
    refusedIn: { mode: 'payment', items: [{ price: TEAM }], ...URLS },
    words: /mode: subscription.*line_items\[0\]\[price\]/,
  },
  {
    action: 'createPortalSession',
    input: (at) => ({ customer: customerOf(at), returnUrl: 'https://app.example/account' }),
    effects: () => 1,
    output: { url: expect.stringMatching(/^https:\/\/billing\.stripe\.com\//) as string },
    refusedIn: { customer: 'cus_none' },
    words: /No such customer: 'cus_none'/,
    isUnlisted: true,
  },
  {
    action: 'createSubscription',
    input: (at) => ({
      customer: customerOf(at),
      items: [{ price: TEAM, quantity: 2 }],
      metadata: { team: '7' },
      returnClientSecret: true,
    }),
    effects: named('subscription'),
    output: {
      status: 'incomplete',
      items: [{ price: TEAM, quantity: 2, amount: { minor: 1400 } }],
      amountDue: { minor: 2800, currency: 'EUR', text: '28.00 EUR' },
      clientSecret: expect.stringMatching(/^pi_\w+_secret_/) as string,
      secretIsOf: 'payment',
      metadata: { team: '7' },
    },
    refusedIn: { customer: 'cus_none', items: [{ price: TEAM }] },
    words: /No such customer: 'cus_none'/,
  },
  {
    action: 'changePlan',
    input: (at) => ({ subscription: subscriptionOf(at), price: TEAM_PLUS, bill: 'now' }),
    effects: (at) => eventsOf(at, 'customer.subscription.updated') - 1,
    output: { status: 'active', items: [{ price: TEAM_PLUS, quantity: 2 }], amountDue: { minor: 2800 } },
    refusedIn: { subscription: 'sub_none', price: TEAM_PLUS, item: 'si_1', quantity: 1 },
    words: /No such subscription: 'sub_none'/,
  },
  {
    action: 'cancelSubscription',
    input: (at) => ({ subscription: subscriptionOf(at) }),
    effects: (at) => at.stripe.objects('subscription').filter((one) => one['cancel_at_period_end'] === true).length,
    output: { status: 'active', cancelAtPeriodEnd: true },
    refusedIn: { subscription: 'sub_none' },
    words: /No such subscription: 'sub_none'/,
  },
  {
    action: 'refundPayment',
    input: (at) => ({
      payment: paymentOf(at),
      amount: 300,
      currency: 'EUR',
      reason: 'requested_by_customer',
      metadata: { ticket: '12' },
    }),
    effects: named('refund'),
    output: {
      amount: { minor: 300, currency: 'EUR', text: '3.00 EUR' },
      status: 'succeeded',
      metadata: { ticket: '12' },
    },
    refusedIn: { payment: 'pi_none' },
    words: /No such payment intent: 'pi_none'/,
  },
];

describe.each(WRITES)('stripe.$action', ({ action, input, effects, output, refusedIn, words, isUnlisted }) => {
  const name = `stripe.${action}`;
  const ready = async () => {
    const at = await world();
    const given = input(at);
    const before = at.writes();
    return { at, given, sent: () => at.writes() - before };
  };
  const idempotencyKey = KEY;

  it('does it, in the pinned version and under the key', async () => {
    const { at, given } = await ready();
    expect(await at.call(name, given, { idempotencyKey })).toMatchObject({ state: 'done', output });
    expect(effects(at)).toBe(1);
    expect(at.asked.every(({ version }) => version === '2025-10-15.clover')).toBe(true);
    expect(at.stripe.received.requests.at(-1)?.idempotencyKey).toBe(KEY);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const { at, given, sent } = await ready();
    const { state, preview } = await at.call(name, given, { idempotencyKey, dryRun: true });
    expect(state).toBe('previewed');
    expect(preview).toMatchObject({ method: 'POST', headers: { 'stripe-version': '2025-10-15.clover' } });
    expect(preview?.url).toMatch(/^https:\/\/api\.stripe\.com\/v1\//);
    expect(JSON.stringify(preview)).not.toContain(at.stripe.mainToken.value);
    expect(sent()).toBe(0);
  });

  it('says in words why not', async () => {
    const { at, given } = await ready();
    const { state, error } = await at.call(name, refusedIn, { idempotencyKey: 'refused' });
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
    at.stripe.faults.add({ kind: 'business', name: 'missing_scope' });
    const refused = await at.call(name, given, { idempotencyKey });
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
    expect(refused.error?.detail).toMatch(/does not have the required permissions/);
  });

  it('has one effect when the answer is lost: Stripe knows the key and answers again', async () => {
    const { at, given, sent } = await ready();
    at.stripe.faults.add({ kind: 'lost_answer' });
    expect(await at.call(name, given, { idempotencyKey })).toMatchObject({ state: 'done', output });
    expect([sent(), effects(at)]).toEqual([2, 1]);
  });

  it('has one effect when every answer is lost until the key has died: then it is looked up', async () => {
    const { at, given, sent } = await ready();
    at.stripe.faults.add({ kind: 'lost_answer' }, 20);
    expect((await at.call(name, given, { idempotencyKey })).state).toBe('unknown');
    at.stripe.faults.clear();
    const before = sent();
    await at.clock.advance(23 * HOUR_MS);
    const late = await settled(at, name, given, KEY);
    expect(late).toMatchObject(isUnlisted === true ? { state: 'unknown' } : { state: 'done', output });
    expect([sent(), effects(at)]).toEqual([before, 1]);
  });

  it('is looked up at once when Stripe keeps a failure under the key that followed the effect', async () => {
    const { at, given } = await ready();
    at.stripe.faults.add({ kind: 'failure', status: 500, afterEffect: true });
    const result = await at.call(name, given, { idempotencyKey });
    expect(result).toMatchObject(isUnlisted === true ? { state: 'unknown' } : { state: 'done', output });
    expect(effects(at)).toBe(1);
  });

  it('waits as long as a limit asks, and does it once', async () => {
    const { at, given } = await ready();
    at.stripe.faults.add({ kind: 'rate_limited', retryAfterSeconds: 3 });
    expect((await at.call(name, given, { idempotencyKey })).state).toBe('done');
    expect(effects(at)).toBe(1);
  });

  it('waits for the first request when the same key is still being worked on', async () => {
    const { at, given } = await ready();
    at.stripe.faults.add({ kind: 'slow', delayMs: 15_500 });
    expect((await at.call(name, given, { idempotencyKey })).state).toBe('done');
    expect(effects(at)).toBe(1);
  });
});

interface Read {
  action: string;
  input: (world: StripeWorld) => object;
  output: object;
  refusedIn: object;
  words: RegExp;
}

const euros = (minor: number) => ({ minor, currency: 'EUR', text: `${minor / 100}.00 EUR` });

const READS: readonly Read[] = [
  {
    action: 'getCustomer',
    input: (at) => ({ customer: customerOf(at) }),
    output: { email: 'ada@example.com', isDeleted: false },
    refusedIn: { customer: 'cus_none' },
    words: /No such customer: 'cus_none'/,
  },
  {
    action: 'findCustomerByEmail',
    input: (at) => {
      customerOf(at, 'pm_card_visa', { email: 'bob@example.com' });
      customerOf(at);
      return { email: 'ada@example.com' };
    },
    output: { customers: [{ email: 'ada@example.com' }] },
    refusedIn: { email: 'x@example.com', cursor: 'cus_none' },
    words: /No such object: 'cus_none'/,
  },
  {
    action: 'getCheckoutSession',
    input: (at) => {
      const line = { price: TEAM, quantity: 2 };
      const form = { mode: 'subscription', success_url: 'https://app.example', line_items: [line] };
      const { id } = at.ask('POST /v1/checkout/sessions', form).body as { id: string };
      expect(at.stripe.completeCheckout(id, at.clock.nowMs())).toBe(true);
      return { session: id };
    },
    output: {
      status: 'complete',
      paymentStatus: 'paid',
      subscription: expect.stringMatching(/^sub_/) as string,
      customerEmail: 'ada@example.com',
      total: euros(2800),
    },
    refusedIn: { session: 'cs_test_none' },
    words: /No such checkout session: 'cs_test_none'/,
  },
  {
    action: 'getSubscription',
    input: (at) => ({ subscription: subscriptionOf(at) }),
    output: {
      status: 'active',
      periodStart: '2026-02-02T12:00:00.000Z',
      periodEnd: '2026-03-02T12:00:00.000Z',
      items: [{ price: TEAM, quantity: 2 }],
    },
    refusedIn: { subscription: 'sub_none' },
    words: /No such subscription: 'sub_none'/,
  },
  {
    action: 'previewPlanChange',
    input: (at) => ({
      subscription: subscriptionOf(at),
      price: TEAM_PLUS,
      bill: 'now',
      prorationAt: '2026-02-16T12:00:00Z',
    }),
    output: { amountDue: euros(1400), difference: euros(1400), prorationAt: '2026-02-16T12:00:00.000Z' },
    refusedIn: { subscription: 'sub_none', item: 'si_1', quantity: 1 },
    words: /No such subscription: 'sub_none'/,
  },
  {
    action: 'getPayment',
    input: (at) => ({ payment: paymentOf(at) }),
    output: { status: 'succeeded', amount: euros(1000), received: euros(1000) },
    refusedIn: { payment: 'pi_none' },
    words: /No such payment intent: 'pi_none'/,
  },
  {
    action: 'getInvoice',
    input: (at) => {
      subscriptionOf(at);
      return { invoice: at.stripe.objects('invoice')[0]!.id };
    },
    output: { status: 'paid', total: euros(2800), amountPaid: euros(2800), reason: 'subscription_create' },
    refusedIn: { invoice: 'in_none' },
    words: /No such invoice: 'in_none'/,
  },
  {
    action: 'previewTax',
    input: () => ({ items: [{ price: TEAM, quantity: 5 }], address: { country: 'DE' } }),
    output: { subtotal: euros(7000), tax: { minor: 1330 }, total: { minor: 8330 }, taxStatus: 'complete' },
    refusedIn: { items: [{ price: 'price_none' }] },
    words: /No such price: 'price_none'/,
  },
  {
    action: 'listEvents',
    input: (at) => {
      subscriptionOf(at);
      return { types: ['invoice.paid', 'customer.subscription.created'], since: '2026-02-01T00:00:00Z' };
    },
    output: {
      events: [{ type: 'invoice.paid' }, { type: 'customer.subscription.created', objectType: 'subscription' }],
    },
    refusedIn: { cursor: 'evt_none' },
    words: /No such object: 'evt_none'/,
  },
];

describe.each(READS)('stripe.$action', ({ action, input, output, refusedIn, words }) => {
  const name = `stripe.${action}`;

  it('answers, asks again after a lost answer, and shows its request in a dry run', async () => {
    const at = await world();
    const given = input(at);
    expect(await at.call(name, given)).toMatchObject({ state: 'done', output });
    at.stripe.faults.add({ kind: 'lost_answer' }, 1, { path: '*' });
    expect(await at.call(name, given)).toMatchObject({ state: 'done', output });
    const before = at.stripe.received.count;
    const { preview } = await at.call(name, given, { dryRun: true });
    expect(preview).toMatchObject({ headers: { 'stripe-version': '2025-10-15.clover' } });
    expect(at.stripe.received.count - before).toBe((preview?.lookups ?? []).length);
  });

  it('says in words why not', async () => {
    const at = await world();
    const { state, error } = await at.call(name, { ...input(at), ...refusedIn });
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
    expect(error?.detail).not.toMatch(/\b4\d\d\b/);
  });
});

it('leaves out no action', () => {
  const tested = [...WRITES, ...READS].map(({ action }) => action);
  expect(tested.sort()).toEqual(Object.keys(connector.actions).sort());
});

it.runIf(specs.available)("sends what Stripe's own description takes", () => {
  const problems = checker!.problems.filter((problem) => problem.includes(' request: '));
  expect([...new Set(problems)]).toEqual([]);
  expect(checker!.checkedRequests).toBeGreaterThan(60);
});

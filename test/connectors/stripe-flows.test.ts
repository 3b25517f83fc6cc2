/** Stripe's actions together: billing from end to end, money, secrets, refusals, keys, limits. */
import { describe, expect, it } from 'vitest';
import { API_VERSION, invoiceSecretPath } from '../../src/connectors/stripe/version.js';
import { everyItem } from '../../src/core/pages.js';
import { markAsUuid } from '../../src/core/mark.js';
import { answerTo, restrictedTo } from './connected.js';
import {
  connector,
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

const VIEW = { id: 'x', environment: 'sandbox', credential: 'bearer', baseUrl: connector.baseUrl } as const;
const DAY_MS = 86_400_000;

describe('billing', () => {
  interface Preview {
    amountDue: { minor: number };
    difference: { minor: number };
    prorationAt: string;
    lines: { isProration: boolean; amount: { minor: number } }[];
  }

  it.each(['now', 'with_next_invoice', 'not_at_all'])('charges %s what the preview said', async (bill) => {
    const at = await stripeWorld();
    const subscription = subscriptionOf(at);
    await at.clock.advance(7 * DAY_MS);
    const change = { subscription, price: TEAM_PLUS, bill };
    const preview = await outputOf<Preview>(at, 'stripe.previewPlanChange', change);
    expect(at.stripe.objects('subscription')[0]!['items']).toMatchObject({ data: [{ price: { id: TEAM } }] });
    // Somebody thinks about it for an hour.
    await at.clock.advance(3_600_000);
    const prorationAt = preview.prorationAt ?? undefined;
    const agreed = { ...change, ...(prorationAt && { prorationAt }) };
    const changed = await outputOf<{ amountDue: { minor: number } }>(at, 'stripe.changePlan', agreed);
    const prorations = preview.lines.filter(({ isProration }) => isProration);
    expect(prorations).toHaveLength(bill === 'not_at_all' ? 0 : 2);
    if (bill === 'now') {
      expect(changed.amountDue.minor).toBe(preview.amountDue.minor);
      expect(preview.amountDue.minor).toBe(preview.difference.minor);
    } else {
      expect(changed.amountDue.minor).toBe(2800);
    }
    const waiting = [...at.stripe.data.pending.values()].flat().reduce((sum, one) => sum + Number(one['amount']), 0);
    expect(waiting).toBe(bill === 'with_next_invoice' ? preview.difference.minor : 0);
  });

  it('keeps the plan when the card is declined, and says why', async () => {
    const at = await stripeWorld();
    const customer = customerOf(at);
    const subscription = subscriptionOf(at, customer);
    const card = at.ask('POST /v1/payment_methods/pm_card_visa_chargeDeclinedInsufficientFunds/attach', { customer });
    at.ask(`POST /v1/customers/${customer}`, { invoice_settings: { default_payment_method: card.body.id } });
    const declined = await at.call('stripe.changePlan', { subscription, price: TEAM_PLUS, bill: 'now' }, KEY);
    expect(declined).toMatchObject({
      state: 'failed',
      error: { code: 'provider_rejected', detail: 'Stripe: Card was declined: there is not enough money on it' },
    });
    expect(await outputOf(at, 'stripe.getSubscription', { subscription })).toMatchObject({
      status: 'active',
      items: [{ price: TEAM }],
    });
    const intent = at.stripe.objects('payment_intent')[0]!.id;
    expect(await outputOf(at, 'stripe.getPayment', { payment: intent })).toMatchObject({
      failure: { code: 'insufficient_funds', words: 'Card was declined: there is not enough money on it' },
    });
  });

  it('wants to know which item to change where there are several', async () => {
    const at = await stripeWorld();
    const items = [{ price: TEAM, quantity: 2 }, { price: TEAM_PLUS }];
    const subscription = subscriptionOf(at, customerOf(at), { items });
    const change = { subscription, price: TEAM_PLUS };
    const asked = await at.call('stripe.previewPlanChange', change);
    expect(asked).toMatchObject({ state: 'failed', error: { code: 'invalid_argument' } });
    expect(asked.error?.detail).toMatch(/several items; say which one/);
    const { data } = at.stripe.objects('subscription')[0]!['items'] as { data: { id: string }[] };
    const { preview } = await at.call('stripe.previewPlanChange', { ...change, item: data[0]!.id }, { dryRun: true });
    expect(preview?.lookups).toHaveLength(1);
    expect(preview?.body).toContain(`[items][0][quantity]=2`);
  });

  it('finishes a checkout, and finds what was missed among the events', async () => {
    const at = await stripeWorld();
    const line = { name: 'Hat', amount: 500, quantity: 3 };
    const metadata = { order: '7' };
    const input = { mode: 'payment', items: [line], currency: 'JPY', reference: 'order-7', metadata, ...URLS };
    const session = await outputOf<{ id: string; url: string }>(at, 'stripe.createCheckoutSession', input);
    expect(at.stripe.completeCheckout(session.id, at.clock.nowMs())).toBe(true);
    const paid = await outputOf<{ payment: string }>(at, 'stripe.getCheckoutSession', { session: session.id });
    expect(paid).toMatchObject({ paymentStatus: 'paid', reference: 'order-7', total: { text: '1500 JPY' }, metadata });
    expect(await outputOf(at, 'stripe.getPayment', { payment: paid.payment })).toMatchObject({ metadata });
    const { events } = await outputOf<{ events: { objectId: string; object: object }[] }>(at, 'stripe.listEvents', {
      types: ['checkout.session.completed'],
    });
    expect(events).toMatchObject([{ objectId: session.id, object: { client_reference_id: 'order-7' } }]);
  });

  it('shows tax of a place it knows, and says where it does not know enough', async () => {
    const at = await stripeWorld();
    const items = [{ price: TEAM }];
    const customer = customerOf(at);
    expect(await outputOf(at, 'stripe.previewTax', { items, customer })).toMatchObject({
      tax: { minor: 0 },
      taxStatus: 'requires_location_inputs',
    });
    await outputOf(at, 'stripe.updateCustomer', { customer, address: { country: 'FR' } });
    expect(await outputOf(at, 'stripe.previewTax', { items, customer })).toMatchObject({
      tax: { text: '2.80 EUR' },
      total: { text: '16.80 EUR' },
      taxStatus: 'complete',
    });
    const both = await at.call('stripe.previewTax', { items, customer, address: { country: 'DE' } });
    expect(both.error?.detail).toMatch(/either the customer or an address/);
  });

  it('goes through all customers of an address, page by page', async () => {
    const at = await stripeWorld({}, { limits: { global: 'off', endpoint: 'off' } });
    for (let i = 0; i < 230; i++) at.ask('POST /v1/customers', { email: i % 2 === 0 ? 'a@x.de' : 'b@x.de' });
    type Page = { customers: { id: string }[]; nextCursor?: string };
    const page = (input: object) => outputOf<Page>(at, 'stripe.findCustomerByEmail', input);
    const found = [];
    for await (const customer of everyItem(page, { email: 'a@x.de' }, 'customers')) found.push(customer.id);
    expect(new Set(found).size).toBe(115);
  });
});

describe('money', () => {
  const session = (currency: string, amount: number) => ({
    mode: 'payment',
    items: [{ name: 'Hat', amount }],
    currency,
    ...URLS,
  });

  it.each([
    ['JPY', 500, '500 JPY'],
    ['KWD', 1230, '1.230 KWD'],
    ['IDR', 1_500_000, '15000.00 IDR'],
    ['eur', 1250, '12.50 EUR'],
    ['ISK', 500, '5.00 ISK'],
  ])('%s %i is %s, on the way there and back', async (currency, amount, text) => {
    const at = await stripeWorld();
    const input = session(currency, amount);
    const { preview } = await at.call('stripe.createCheckoutSession', input, { ...KEY, dryRun: true });
    expect(preview?.money).toEqual([text]);
    expect(preview?.body).toContain(`[currency]=${currency.toLowerCase()}`);
    expect(preview?.body).toContain(`[unit_amount]=${amount}&`.slice(0, -1));
    const total = { minor: amount, currency: currency.toUpperCase(), text };
    expect(await outputOf(at, 'stripe.createCheckoutSession', input)).toMatchObject({ total });
    const payment = paymentOf(at, amount, currency.toLowerCase());
    const refund = { payment, amount, currency };
    expect(await outputOf(at, 'stripe.refundPayment', refund, { idempotencyKey: 'r' })).toMatchObject({
      amount: total,
    });
  });

  it.each([
    ['KWD', 1234, /KWD is taken in steps of 0.010/],
    ['ISK', 550, /ISK is taken in steps of 1.00/],
    ['EURO', 100, /it is no currency/],
    ['EUR', 12.5, /items.0.amount: it must be a whole number/],
    ['EUR', 0, /items.0.amount: it must be at least 1/],
  ])('%s %d is refused before anything is sent', async (currency, amount, words) => {
    const at = await stripeWorld();
    const { state, error } = await at.call('stripe.createCheckoutSession', session(currency, amount), KEY);
    expect([state, error?.code, at.stripe.received.count]).toEqual(['failed', 'invalid_argument', 0]);
    expect(error?.detail).toMatch(words);
  });

  it.each([
    [{ name: 'Hat' }, /either a price of Stripe, or a name with an amount/],
    [{ price: TEAM, name: 'Hat', amount: 1 }, /either a price/],
    [{ price: TEAM, name: 'Hat' }, /its own name and amount/],
    [{ name: 'Hat', amount: 1, every: 'month' }, /in a payment none does/],
    [{ name: 'Hat', amount: 1, colour: 'red' }, /colour/],
  ])('of %j is not understood', async (item, words) => {
    const at = await stripeWorld();
    const { state, error } = await at.call('stripe.createCheckoutSession', { ...session('EUR', 1), items: [item] });
    expect([state, error?.code]).toEqual(['failed', 'invalid_argument']);
    expect(error?.detail).toMatch(words);
  });

  it('gives nothing back in another currency than was paid', async () => {
    const at = await stripeWorld();
    const payment = paymentOf(at, 5000, 'eur');
    const wrong = await at.call('stripe.refundPayment', { payment, amount: 500, currency: 'JPY' }, KEY);
    expect(wrong).toMatchObject({ state: 'failed', error: { code: 'invalid_argument' } });
    expect(wrong.error?.detail).toMatch(/the payment is in EUR/);
    expect(at.stripe.objects('refund')).toEqual([]);
    const bare = await at.call('stripe.refundPayment', { payment, amount: 500 }, KEY);
    expect(bare.error?.detail).toMatch(/an amount and its currency come together/);
  });

  it('never moves without a key of the caller', async () => {
    const at = await stripeWorld();
    const refund = await at.call('stripe.refundPayment', { payment: paymentOf(at) });
    expect(refund).toMatchObject({ state: 'failed', error: { code: 'idempotency_required' } });
    const change = await at.call('stripe.changePlan', { subscription: subscriptionOf(at), price: TEAM_PLUS });
    expect(change).toMatchObject({ state: 'failed', error: { code: 'idempotency_required' } });
    expect(at.asked.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('is refunded once, and then not again', async () => {
    const at = await stripeWorld();
    const payment = paymentOf(at);
    expect(await outputOf(at, 'stripe.refundPayment', { payment })).toMatchObject({ amount: { text: '10.00 EUR' } });
    expect(await at.call('stripe.refundPayment', { payment }, KEY)).toMatchObject({ state: 'replayed' });
    const again = await at.call('stripe.refundPayment', { payment }, { idempotencyKey: 'another' });
    expect(again.error?.detail).toBe('Stripe: the payment has been refunded already');
    expect(await outputOf(at, 'stripe.getPayment', { payment })).toMatchObject({ refunded: { text: '10.00 EUR' } });
  });
});

describe('client secrets', () => {
  const begin = (at: StripeWorld, more: object = {}) => ({
    customer: customerOf(at),
    items: [{ price: TEAM }],
    ...more,
  });

  it('are masked unless the input asks for them, also where a look-up found the subscription', async () => {
    for (const [more, shown] of [
      [{}, false],
      [{ returnClientSecret: true }, true],
    ] as const) {
      for (const fault of ['none', 'kept'] as const) {
        const at = await stripeWorld();
        const input = begin(at, more);
        if (fault === 'kept') at.stripe.faults.add({ kind: 'failure', status: 500, afterEffect: true });
        const output = await outputOf<{ clientSecret: string }>(at, 'stripe.createSubscription', input);
        const { client_secret: secret } = at.stripe.objects('payment_intent')[0]! as unknown as Record<string, string>;
        expect(output.clientSecret).toBe(shown ? secret : '[redacted]');
        expect(JSON.stringify(await at.records())).not.toContain(secret);
      }
    }
  });

  it('are in no event', async () => {
    const at = await stripeWorld();
    await outputOf(at, 'stripe.createSubscription', begin(at));
    const { events } = await outputOf<{ events: unknown[] }>(at, 'stripe.listEvents', {});
    expect(events.length).toBeGreaterThan(5);
    expect(JSON.stringify(events)).not.toMatch(/_secret_/);
  });

  it('stand where the version has them', () => {
    expect(invoiceSecretPath(API_VERSION)).toBe('confirmation_secret');
    expect(invoiceSecretPath('2025-03-31.basil')).toBe('confirmation_secret');
    expect(invoiceSecretPath('2024-06-20')).toBe('payment_intent');
  });
});

describe('refusals', () => {
  it.each([
    ['card_declined', 'provider_rejected', /^Stripe: Card was declined$/],
    ['wrong_currency', 'provider_rejected', /doesn't match the expected currency: `eur`/],
    ['expired_key', 'provider_auth', /the key has expired/],
    ['missing_scope', 'provider_auth', /required permissions/],
  ])('of %s are told in words, name their request, and change nothing', async (name, code, words) => {
    const at = await stripeWorld();
    const change = { subscription: subscriptionOf(at), price: TEAM_PLUS, bill: 'now' };
    at.stripe.faults.add({ kind: 'business', name });
    const refused = await at.call('stripe.changePlan', change, KEY);
    expect(refused).toMatchObject({ state: 'failed', error: { code } });
    expect(refused.error?.detail).toMatch(words);
    expect(JSON.stringify(refused.error)).toMatch(/req_\w+/);
    expect(await outputOf(at, 'stripe.getSubscription', { subscription: change.subscription })).toMatchObject({
      items: [{ price: TEAM }],
    });
  });

  it('of a currency that the customer is not billed in are told in words', async () => {
    const at = await stripeWorld();
    const customer = customerOf(at);
    subscriptionOf(at, customer);
    const items = [{ price: 'price_sandboxTeamMonthlyYen' }];
    const refused = await at.call('stripe.createSubscription', { customer, items }, KEY);
    expect(refused.error?.detail).toMatch(/cannot combine currencies on a single customer/);
  });
});

describe('keys', () => {
  it('mark what they make where Stripe keeps metadata, and readers see only their own', async () => {
    const at = await stripeWorld();
    const input = { email: 'a@x.de', metadata: { plan: 'team' } };
    const customer = await outputOf<{ id: string }>(at, 'stripe.createCustomer', input);
    const kept = at.stripe.objects('customer')[0]!['metadata'];
    expect(kept).toEqual({ plan: 'team', fairlead_call: markAsUuid(KEY.idempotencyKey) });
    const read = await outputOf(at, 'stripe.getCustomer', { customer: customer.id });
    expect(read).toMatchObject({ metadata: { plan: 'team' } });
    expect(JSON.stringify(read)).not.toContain('fairlead_call');
    const taken = await at.call('stripe.createCustomer', { metadata: { fairlead_call: 'x' } });
    expect(taken.error?.detail).toMatch(/set by Fairlead/);
  });

  it('that somebody else used before are refused in words', async () => {
    const at = await stripeWorld();
    const headers = { 'idempotency-key': KEY.idempotencyKey, authorization: `Bearer ${at.stripe.mainToken.value}` };
    const body = Buffer.from('email=b%40x.de');
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    at.stripe.handle({
      method: 'POST',
      path: '/v1/customers',
      query: new URLSearchParams(),
      headers: { ...headers, ...type },
      body,
      nowMs: at.clock.nowMs(),
    });
    const refused = await at.call('stripe.createCustomer', { email: 'a@x.de' }, KEY);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_rejected' } });
    expect(refused.error?.detail).toMatch(/the key was used for another request before/);
    expect(at.stripe.objects('customer')).toHaveLength(1);
  });

  it('meet other parameters when the number was looked up again: then it is asked what came of the first', async () => {
    const at = await stripeWorld();
    const subscription = subscriptionOf(at);
    const change = { subscription, price: TEAM_PLUS, bill: 'now' };
    at.stripe.faults.add({ kind: 'lost_answer' }, 20);
    expect((await at.call('stripe.changePlan', change, KEY)).state).toBe('unknown');
    at.stripe.faults.clear();
    const { data } = at.stripe.objects('subscription')[0]!['items'] as { data: { id: string }[] };
    at.ask(`POST /v1/subscriptions/${subscription}`, { items: [{ id: data[0]!.id, quantity: 5 }] });
    await at.clock.advance(60_000);
    const output = { items: [{ price: TEAM_PLUS, quantity: 5 }] };
    expect(await at.call('stripe.changePlan', change, KEY)).toMatchObject({ state: 'done', output });
    const sent = at.asked.filter(({ method, path }) => method === 'POST' && path.includes('/subscriptions/sub_'));
    expect(sent.at(-1)?.form).toMatchObject({ items: [{ quantity: '5' }] });
    expect(eventsOf(at, 'customer.subscription.updated')).toBe(1 + 2);
  });

  it('make one effect of five calls with three lost answers', async () => {
    const at = await stripeWorld();
    const payment = paymentOf(at);
    at.stripe.faults.add({ kind: 'lost_answer' }, 3);
    for (let i = 0; i < 5; i++) {
      const by = i === 2 ? at.newProcess() : undefined;
      await at.call('stripe.refundPayment', { payment }, { ...KEY, ...(by && { by }) });
    }
    expect(at.stripe.objects('refund')).toHaveLength(1);
    expect(await at.call('stripe.refundPayment', { payment }, KEY)).toMatchObject({ state: 'replayed' });
  });

  it('do not help where the effect is not in the list: then nobody sends it again on a guess', async () => {
    const at = await stripeWorld();
    const input = { email: 'a@x.de' };
    at.stripe.faults.add({ kind: 'reset' }, 20);
    expect((await at.call('stripe.createCustomer', input, KEY)).state).toBe('unknown');
    at.stripe.faults.clear();
    await at.clock.advance(23 * 3_600_000);
    expect(await at.call('stripe.createCustomer', input, KEY)).toMatchObject({ state: 'unknown' });
    expect(at.stripe.objects('customer')).toEqual([]);
  });
});

describe('limits', () => {
  it('are kept by ourselves: Stripe refuses none of a hundred at once', async () => {
    const at = await stripeWorld();
    const begunMs = at.clock.nowMs();
    const calls = Array.from({ length: 100 }, (_, i) => at.begin('stripe.createCustomer', { email: `c${i}@x.de` }));
    const results = await at.clock.runUntil(Promise.all(calls));
    expect(results.map(({ state }) => state)).toEqual(results.map(() => 'done'));
    expect(at.stripe.received.requests.filter(({ status }) => status === 429)).toEqual([]);
    expect(at.clock.nowMs() - begunMs).toBeGreaterThanOrEqual(3_500);
  });

  it('wait as Stripe says, and stop when it says that no other try makes sense', async () => {
    const at = await stripeWorld();
    const failed = { kind: 'failure', status: 503, headers: { 'stripe-should-retry': 'false' } } as const;
    at.stripe.faults.add(failed, 1, { path: '*' });
    expect(await at.call('stripe.getCustomer', { customer: 'cus_1' })).toMatchObject({
      state: 'failed',
      error: { code: 'provider_unavailable' },
    });
    expect(at.stripe.received.count).toBe(1);
  });
});

describe('a connection', () => {
  it('that is restricted to one customer stays there', async () => {
    const at = await stripeWorld(restrictedTo({ customer: ['cus_allowed'] }));
    const elsewhere = await at.call('stripe.getCustomer', { customer: customerOf(at) });
    expect(elsewhere).toMatchObject({ state: 'failed', error: { code: 'target_not_allowed' } });
    const unnamed = await at.call('stripe.getPayment', { payment: 'pi_1' });
    expect(unnamed).toMatchObject({ state: 'failed', error: { code: 'target_not_allowed' } });
    const allowed = await at.call('stripe.getCustomer', { customer: 'cus_allowed' });
    expect(allowed).toMatchObject({ error: { code: 'provider_rejected' } });
  });

  it('says whose account it is, and asks for its health', async () => {
    const at = await stripeWorld();
    const token = at.stripe.mainToken.value;
    const who = await answerTo(at, connector, at.stripe, { request: connector.identity.request(VIEW), token });
    expect(connector.identity.read(who)).toEqual({ accountId: 'acct_1SandboxFairlead', account: 'Sandbox' });
    const healthy = await answerTo(at, connector, at.stripe, { request: connector.health.request(VIEW), token });
    expect(connector.classify(healthy, 0)).toBeUndefined();
  });
});

/**
 * Billing: events x {once, twice, every order, before the redirect, wrong currency}. The end is the same, and one mail
 * is written about the unpaid invoice. FAIRLEAD_BILLING_ORDERS says how many orders of the ten events are tried.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { WEBHOOKS } from '../../src/connectors/webhooks.generated.js';
import { billing, type HandlerEvent } from '../../src/index.js';
import { InternalToolSandbox, ResendSandbox, StripeSandbox } from '../../src/sandbox/index.js';
import { setting, type Setting } from './setting.js';
import { deliver, drained, shuffled } from './deliveries.js';

const SECRET = 'whsec_of_this_test';
const ORDERS = Number(process.env['FAIRLEAD_BILLING_ORDERS'] ?? 4);
const SEED = 7;

const stripe = new StripeSandbox();
const tool = new InternalToolSandbox();
const resend = new ResendSandbox({ limits: {} });
let world: Setting;

beforeAll(async () => {
  world = await setting([stripe, tool, resend], ({ urlOf }) => ({
    variables: { STRIPE_WEBHOOK_SECRET: SECRET },
    jobs: { isolation: 'in-process' },
    handlers: billing({ recordUrl: urlOf(tool), from: 'Acme <billing@example.com>', currencies: ['EUR'] }),
  }));
});
afterAll(() => world.close());

interface Told {
  id: string;
  type: string;
  created: number;
  data: { object: Record<string, unknown> };
}

const NOW = Math.floor(Date.now() / 1_000) - 3_600;

/** Everything that is told of one customer, in the order in which it happened. */
function story(name: string, currency = 'eur'): Told[] {
  const own = { customer: `cus_${name}`, currency };
  const event = (type: string, minute: number, object: Record<string, unknown>): Told => ({
    id: `evt_${name}_${minute}`,
    type,
    created: NOW + minute * 60,
    data: { object: { ...own, ...object } },
  });
  const invoice = { customer_email: `${name}@example.com`, currency: 'eur' };
  const unpaid = { id: `in_b_${name}`, ...invoice, amount_due: 4998, number: 'F-2' };
  const subscription = { id: `sub_${name}`, items: { data: [{ price: { id: 'price_team' } }] } };
  const payment = `pi_${name}`;
  return [
    event('checkout.session.expired', 1, { id: `cs_x_${name}`, amount_total: 100 }),
    event('payment_intent.succeeded', 2, { id: payment, amount_received: 4998 }),
    event('checkout.session.completed', 3, {
      id: `cs_${name}`,
      amount_total: 4998,
      payment_status: 'paid',
      payment_intent: payment,
      customer_details: { email: `${name}@example.com` },
    }),
    event('invoice.payment_succeeded', 4, { id: `in_a_${name}`, ...invoice, amount_paid: 4998 }),
    event('customer.subscription.updated', 5, { ...subscription, status: 'active' }),
    event('invoice.payment_failed', 6, { ...unpaid, attempt_count: 1 }),
    event('customer.subscription.updated', 7, { ...subscription, status: 'past_due' }),
    event('invoice.payment_failed', 8, { ...unpaid, attempt_count: 2 }),
    event('customer.subscription.deleted', 9, { ...subscription, status: 'canceled' }),
    event('charge.refunded', 10, {
      id: `ch_${name}`,
      payment_intent: payment,
      amount: 4998,
      amount_refunded: 4998,
      refunded: true,
    }),
  ];
}

const END = {
  states: {
    order: 'refunded',
    'other order': 'expired',
    payment: 'refunded',
    'first invoice': 'paid',
    'second invoice': 'payment_failed',
    subscription: 'canceled',
    customer: 'recorded',
  },
  told: {
    orders: 'refunded',
    'other orders': 'expired',
    payments: 'refunded',
    'first invoices': 'paid',
    'second invoices': 'payment_failed',
    subscriptions: 'canceled',
    customers: 'recorded',
  },
  customersRecorded: 1,
  mails: 1,
};

async function endOf(name: string): Promise<typeof END> {
  const stateOf = async (entity: string): Promise<string> =>
    ((await world.fairlead.run('states.get', { entity })) as { state?: string }).state ?? 'none';
  const entries = tool.effects.map(({ path, body }) => ({
    path,
    ...(body as { id: string; status: string; version?: number }),
  }));
  const lastWord = (place: string, id: string): string => {
    const words = entries.filter((one) => one.path.endsWith(`/${place}`) && one.id === id);
    return words.sort((a, b) => (a.version ?? 0) - (b.version ?? 0)).at(-1)?.status ?? 'none';
  };
  return {
    states: {
      order: await stateOf(`order:cs_${name}`),
      'other order': await stateOf(`order:cs_x_${name}`),
      payment: await stateOf(`payment:pi_${name}`),
      'first invoice': await stateOf(`invoice:in_a_${name}`),
      'second invoice': await stateOf(`invoice:in_b_${name}`),
      subscription: await stateOf(`subscription:sub_${name}`),
      customer: await stateOf(`customer:cus_${name}`),
    },
    told: {
      orders: lastWord('orders', `cs_${name}`),
      'other orders': lastWord('orders', `cs_x_${name}`),
      payments: lastWord('payments', `pi_${name}`),
      'first invoices': lastWord('invoices', `in_a_${name}`),
      'second invoices': lastWord('invoices', `in_b_${name}`),
      subscriptions: lastWord('subscriptions', `sub_${name}`),
      customers: lastWord('customers', `cus_${name}`),
    },
    customersRecorded: entries.filter((one) => one.path.endsWith('/customers') && one.id === `cus_${name}`).length,
    mails: [...resend.data.emails.values()].filter(({ to }) => to.includes(`${name}@example.com`)).length,
  };
}

const send = (events: readonly Told[]): Promise<void> => deliver(world.fairlead, 'stripe', SECRET, events);
const settle = (): Promise<void> => drained(world.fairlead);

describe('billing', () => {
  it('comes to its end when every event comes once', async () => {
    await send(story('once'));
    await settle();
    expect(await endOf('once')).toEqual(END);
  });

  it('comes to the same end when every event comes twice', async () => {
    await send(story('twice').flatMap((event) => [event, event]));
    await send(story('twice'));
    await settle();
    expect(await endOf('twice')).toEqual(END);
  });

  it(
    `comes to the same end in ${ORDERS} orders of the events`,
    async () => {
      const random = new SeededRandom(SEED);
      const names = Array.from({ length: ORDERS }, (_, index) => `order${index}`);
      for (const name of names) await send(name === 'order0' ? story(name).reverse() : shuffled(story(name), random));
      await settle();
      for (const name of names) expect(await endOf(name), name).toEqual(END);
    },
    60_000 + ORDERS * 2_000,
  );

  it('puts a wrong currency aside for a person, records nobody for it, and writes the one mail', async () => {
    const random = new SeededRandom(SEED);
    for (const name of ['dollars1', 'dollars2', 'dollars3']) {
      await send(
        shuffled(
          story(name, 'usd').filter(({ type }) => type !== 'charge.refunded'),
          random,
        ),
      );
      await settle();
      const end = await endOf(name);
      expect(end.states).toMatchObject({ order: 'needs_review', payment: 'needs_review', customer: 'none' });
      expect(end.told).toMatchObject({ orders: 'needs_review', customers: 'none' });
      expect(end).toMatchObject({ customersRecorded: 0, mails: 1 });
    }
  });

  it('does not mind whether the customer or the event is back first', async () => {
    for (const isEventFirst of [true, false]) {
      const made = await world.fairlead.stripe.createCheckoutSession(
        {
          mode: 'payment',
          currency: 'EUR',
          items: [{ name: 'A year', amount: 4_200 }],
          successUrl: 'https://acme.example/thanks',
        },
        { idempotencyKey: `checkout ${isEventFirst}` },
      );
      const session = made.output!.id;
      expect(stripe.completeCheckout(session, Date.now())).toBe(true);
      const told = stripe.objects('event').filter((one) => JSON.stringify(one).includes(session)) as unknown as Told[];
      if (isEventFirst) await send(told).then(settle);
      const page = await world.fairlead.workflows.billing.orderAfterRedirect({ session });
      expect(page).toEqual({ session, status: 'complete', payment: 'paid', ...(isEventFirst && { order: 'paid' }) });
      if (!isEventFirst) await send(told).then(settle);
      expect(await world.fairlead.workflows.billing.orderAfterRedirect({ session })).toMatchObject({ order: 'paid' });
      expect(
        tool.effects.filter(
          ({ path, body }) => path.endsWith('/customers') && (body as { order?: string }).order === session,
        ),
      ).toHaveLength(1);
    }
  });

  it('handles what the connector calls a payment event, and nothing else', () => {
    const handled = billing({ recordUrl: 'https://a.example', from: 'a@example.com', currencies: ['EUR'] });
    expect(handled.map(({ type }) => type).sort()).toEqual([...WEBHOOKS['stripe']!.paymentTypes!].sort());
  });

  it('records a payment only from a verified event', async () => {
    await send([{ ...story('late')[2]!, id: 'evt_late' }]);
    await settle();
    const { events } = (await world.fairlead.run('events.list', { key: 'evt_late' })) as { events: HandlerEvent[] };
    const eventId = events[0]!.id;
    expect(await world.fairlead.recordPaymentEvent({ eventId })).toEqual({
      eventId,
      type: 'checkout.session.completed',
      state: 'recorded',
    });
    await expect(world.fairlead.recordPaymentEvent({ eventId: 'evt_late' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await send([{ ...story('other')[2]!, id: 'evt_other', type: 'product.created' }]);
    const other = (await world.fairlead.run('events.list', { key: 'evt_other' })) as { events: HandlerEvent[] };
    const asked = world.fairlead.recordPaymentEvent({ eventId: other.events[0]!.id });
    await expect(asked).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

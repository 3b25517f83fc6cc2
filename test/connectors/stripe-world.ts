/** What tests of Stripe's actions begin with: the simulated Stripe behind the real pipeline, and what lies there. */
import { expect } from 'vitest';
import { connector } from '../../src/connectors/stripe/index.js';
import { StripeSandbox } from '../../src/sandbox/index.js';
import type { SandboxRequest } from '../../src/sandbox/index.js';
import { clientOf } from '../sandbox/client.js';
import { formFields } from '../../src/sandbox/kit/request-fields.js';
import type { Checker } from '../sandbox/official-description.js';
import { connected, type Connected } from './connected.js';

export const TEAM = 'price_sandboxTeamMonthly';
export const TEAM_PLUS = 'price_sandboxTeamPlusMonthly';
const START_MS = Date.UTC(2026, 1, 2, 12);

export type StripeWorld = Connected & {
  stripe: StripeSandbox;
  /** Asks the simulation directly, beside the pipeline. */
  ask: (line: string, form?: object) => { status: number; body: any }; // oxlint-disable-line typescript/no-explicit-any
  /** What was asked through the pipeline, the forms read. */
  asked: { method: string; path: string; version: string | undefined; form: unknown }[];
};

type Options = NonNullable<Parameters<typeof connected>[2]>;

export async function stripeWorld(
  { checker, ...options }: Options & { checker?: Checker | undefined } = {},
  sandbox: ConstructorParameters<typeof StripeSandbox>[0] = {},
): Promise<StripeWorld> {
  const asked: StripeWorld['asked'] = [];
  const stripe = new StripeSandbox({
    ...sandbox,
    onExchange(request, reply) {
      if (request.headers['user-agent'] !== 'fairlead') return;
      checker?.see(request, reply);
      asked.push(readRequest(request));
    },
  });
  const token = stripe.mainToken.value;
  const env = { STRIPE_SECRET_KEY: token, ...options.env };
  const world = await connected(stripe, ['https://api.stripe.com'], { startMs: START_MS, ...options, env });
  const client = clientOf(stripe, { authorization: `Bearer ${token}` });
  const ask: StripeWorld['ask'] = (line, form) =>
    client(line, { nowMs: world.clock.nowMs(), ...(form && { form: form as Record<string, string> }) });
  return { ...world, stripe, ask, asked };
}

function readRequest({ method, path, headers, body }: SandboxRequest): StripeWorld['asked'][number] {
  const form = formFields(Buffer.from(body).toString('utf8'));
  return { method, path, version: headers['stripe-version'], form };
}

/** A customer, with a card that pays or does not. */
export function customerOf({ ask }: StripeWorld, method = 'pm_card_visa', more: object = {}): string {
  const customer: string = ask('POST /v1/customers', { email: 'ada@example.com', ...more }).body.id;
  const card: string = ask(`POST /v1/payment_methods/${method}/attach`, { customer }).body.id;
  ask(`POST /v1/customers/${customer}`, { invoice_settings: { default_payment_method: card } });
  return customer;
}

/** An active subscription to the small plan, for two. */
export function subscriptionOf(world: StripeWorld, customer = customerOf(world), more: object = {}): string {
  const items = [{ price: TEAM, quantity: 2 }];
  const made = world.ask('POST /v1/subscriptions', { customer, items, ...more }).body;
  return made.id;
}

/** A payment that went through. */
export function paymentOf({ ask }: StripeWorld, amount = 1000, currency = 'eur'): string {
  const form = { amount, currency, payment_method: 'pm_card_visa', confirm: true };
  return ask('POST /v1/payment_intents', form).body.id;
}

/** A form as it arrives: every value is text, what is not there was not sent. */
export function asSent(form: unknown): unknown {
  if (Array.isArray(form)) return form.map(asSent);
  if (typeof form !== 'object' || form === null) return String(form ?? '');
  const entries = Object.entries(form).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, asSent(value)]));
}

export const eventsOf = ({ stripe }: StripeWorld, type: string): number =>
  stripe.objects('event').filter((event) => event['type'] === type).length;

export { connector };

export const KEY = { idempotencyKey: 'order-7' };
export const URLS = { successUrl: 'https://app.example/ok' };

/** The output of an action that must succeed. */
export async function outputOf<Output>(at: StripeWorld, action: string, input: object, key = KEY): Promise<Output> {
  const { state, output, error } = await at.call(action, input, key);
  expect([state, error?.detail]).toEqual(['done', undefined]);
  return output as Output;
}

/** What the simulated Stripe keeps: objects as its API writes them, by id, in the order they were made. @module */
import type { ForwardedAnswer } from './forwarded-answer.js';
import type { Random } from '../../core/ports.js';
import { randomText } from '../kit/index.js';

export type StripeObject = Record<string, unknown> & { id: string; object: string; created: number };

export interface StripeState {
  objects: Map<string, StripeObject>;
  /** Customers who already pay in a currency; there is no other for them. */
  currencies: Map<string, string>;
  /** Lines that wait for the next invoice, by customer. */
  pending: Map<string, StripeObject[]>;
  /** What events are signed with for Stripe's command line; there once it asked. */
  listenSecret?: string;
  /** Sessions of the command line, and how the program behind it answered. */
  listening: Map<string, ForwardedAnswer[]>;
}

const OBJECTS_MAX = 200_000;

export function begin(): StripeState {
  const state: StripeState = { objects: new Map(), currencies: new Map(), pending: new Map(), listening: new Map() };
  const created = Date.UTC(2026, 0, 5) / 1000;
  put(state, { id: 'prod_sandboxTeam', object: 'product', created, ...PRODUCT, name: 'Team', updated: created });
  for (const [id, amount, currency] of [
    ['price_sandboxTeamMonthly', 1400, 'eur'],
    ['price_sandboxTeamPlusMonthly', 2800, 'eur'],
    ['price_sandboxTeamMonthlyYen', 2000, 'jpy'],
  ] as const) {
    put(state, { id, object: 'price', created, ...PRICE, product: 'prod_sandboxTeam', currency, ...amountOf(amount) });
  }
  return state;
}

const PRODUCT = { active: true, description: null, images: [], livemode: false, metadata: {}, default_price: null };
const PRICE = {
  active: true,
  billing_scheme: 'per_unit',
  custom_unit_amount: null,
  livemode: false,
  lookup_key: null,
  metadata: {},
  nickname: null,
  recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed', meter: null, trial_period_days: null },
  tax_behavior: 'unspecified',
  tiers_mode: null,
  transform_quantity: null,
  type: 'recurring',
};

export function amountOf(amount: number): Record<string, unknown> {
  return { unit_amount: amount, unit_amount_decimal: String(amount) };
}

export function put(state: StripeState, object: StripeObject): StripeObject {
  state.objects.set(object.id, object);
  if (state.objects.size > OBJECTS_MAX) state.objects.delete(state.objects.keys().next().value!);
  return object;
}

export function find(state: StripeState, kind: string, id: unknown): StripeObject | undefined {
  const found = typeof id === 'string' ? state.objects.get(id) : undefined;
  return found?.object === kind ? found : undefined;
}

/** All of a kind, newest first, as every list is. */
export function all(state: StripeState, kind: string): StripeObject[] {
  return [...state.objects.values()].filter(({ object }) => object === kind).reverse();
}

export function newId(random: Random, prefix: string): string {
  return `${prefix}_${randomText(random, 24)}`;
}

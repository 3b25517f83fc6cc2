/**
 * What the demo sends: real deliveries where their packages are installed (they are in a clone), samples of our own
 * where they are not (an installed package), and says which.
 *
 * @module
 */
import { createRequire } from 'node:module';
import { SAMPLES } from '../connectors/samples.generated.js';
import type { Random } from '../core/ports.js';
import { sign } from '../verify.js';

export interface DemoDelivery {
  provider: 'github' | 'stripe';
  /** The provider's id of it; the dedupe key. */
  key: string;
  type: string;
  body: string;
  headers: Record<string, string>;
}

export interface Secrets {
  github: string;
  stripe: string;
}

export interface DeliverySet {
  deliveries: DemoDelivery[];
  origin: string;
}

const GITHUB_MAX = 60;
const STRIPE_TYPES = ['checkout.session.completed', 'invoice.payment_succeeded', 'charge.refunded'];
const STRIPE_EACH = 14;

/** Other people's packages that deliveries are made with, where they are installed. */
export interface DeliveryPackages {
  /** `@octokit/webhooks-examples` */
  examples?: Example[] | undefined;
  /** `stripe` */
  Stripe?: StripeConstructor | undefined;
}

/** Deliveries with valid signatures as of `nowMs`, the same for the same random source. */
export async function genuineDeliveries(
  secrets: Secrets,
  random: Random,
  nowMs: number,
  packages?: DeliveryPackages,
): Promise<DeliverySet> {
  const { examples, Stripe } = packages ?? (await installedPackages());
  const github = githubDeliveries(secrets.github, random, examples);
  const stripe = stripeDeliveries(secrets.stripe, random, nowMs, Stripe);
  return {
    deliveries: interleave(github.deliveries, stripe.deliveries),
    origin: `${github.origin}; ${stripe.origin}`,
  };
}

interface Example {
  name: string;
  examples: Record<string, unknown>[];
}

function githubDeliveries(secret: string, random: Random, examples: Example[] | undefined): DeliverySet {
  const bodies = distinct(
    examples === undefined
      ? ownSamples('github', random, GITHUB_MAX)
      : examples.flatMap(({ name, examples: all }) =>
          all.slice(0, 2).map((example) => ({ event: name, body: JSON.stringify(example) })),
        ),
  ).slice(0, GITHUB_MAX);
  const deliveries = bodies.map(({ event, body }) => {
    const key = hex(random, 16);
    const bare = { 'content-type': 'application/json', 'x-github-event': event, 'x-github-delivery': key };
    return {
      provider: 'github' as const,
      key,
      type: event,
      body,
      headers: signedHeaders('github', body, secret, 0, bare),
    };
  });
  const origin = examples === undefined ? 'GitHub: our own samples' : 'GitHub: @octokit/webhooks-examples';
  return { deliveries, origin };
}

/**
 * GitHub signs no id, so the same bytes under another id are a repeat, in the demo as in life. A ping is answered as
 * what it is, each time.
 */
function distinct(bodies: { event: string; body: string }[]): { event: string; body: string }[] {
  const counted = bodies.filter(({ event }) => event !== 'ping');
  return [...new Map(counted.map((one) => [one.body, one])).values()];
}

interface StripeConstructor {
  new (key: string): {
    webhooks: { generateTestHeaderString(options: { payload: string; secret: string; timestamp: number }): string };
  };
}

function stripeDeliveries(
  secret: string,
  random: Random,
  nowMs: number,
  Stripe: StripeConstructor | undefined,
): DeliverySet {
  const official = Stripe === undefined ? undefined : new Stripe('sk_test_demo');
  const timestamp = Math.floor(nowMs / 1_000);
  const deliveries: DemoDelivery[] = [];
  for (const type of STRIPE_TYPES) {
    for (let i = 0; i < STRIPE_EACH; i++) {
      const key = `evt_${hex(random, 12)}`;
      const body = stripeEvent(type, key, timestamp);
      const bare = { 'content-type': 'application/json' };
      const headers =
        official === undefined
          ? signedHeaders('stripe', body, secret, nowMs, bare)
          : {
              ...bare,
              'stripe-signature': official.webhooks.generateTestHeaderString({ payload: body, secret, timestamp }),
            };
      deliveries.push({ provider: 'stripe', key, type, body, headers });
    }
  }
  return {
    deliveries,
    origin: official === undefined ? 'Stripe: signed by Fairlead' : 'Stripe: signed by the official package',
  };
}

function stripeEvent(type: string, id: string, created: number): string {
  const object = {
    id: `cs_test_${id.slice(4)}`,
    object: type.split('.')[0],
    amount_total: 4_200,
    currency: 'eur',
    customer: `cus_${id.slice(4, 14)}`,
  };
  return JSON.stringify({
    id,
    object: 'event',
    api_version: '2025-10-15',
    created,
    livemode: false,
    type,
    data: { object },
  });
}

function ownSamples(provider: string, random: Random, count: number): { event: string; body: string }[] {
  const set = SAMPLES[provider]!;
  return Array.from({ length: count }, (_, index) => {
    const type = set.types[index % set.types.length]!;
    return { event: type.split('.')[0]!, body: set.sample(type, hex(random, 8), 0).body };
  });
}

function signedHeaders(
  provider: string,
  body: string,
  secret: string,
  nowMs: number,
  headers: Record<string, string>,
): Record<string, string> {
  const signed = sign(provider, { body, secret, nowMs, headers });
  return signed.ok ? { ...headers, ...signed.headers } : headers;
}

/** The same delivery under a secret nobody has. */
export function forged(delivery: DemoDelivery, random: Random, nowMs: number): DemoDelivery {
  const bare = Object.fromEntries(Object.entries(delivery.headers).filter(([name]) => !name.includes('signature')));
  return { ...delivery, headers: signedHeaders(delivery.provider, delivery.body, hex(random, 16), nowMs, bare) };
}

/** The order of a seeded coin: what happened later may arrive first. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random.float() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

function interleave<T>(a: readonly T[], b: readonly T[]): T[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => [a[i], b[i]])
    .flat()
    .filter((item) => item !== undefined);
}

function hex(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('hex');
}

/** They are development dependencies: in a clone they are there, beside an installed package they are not. */
async function installedPackages(): Promise<DeliveryPackages> {
  return {
    examples: tryRequire<Example[]>('@octokit/webhooks-examples'),
    Stripe: (await tryImport<{ default: StripeConstructor }>('stripe'))?.default,
  };
}

function tryRequire<T>(name: string): T | undefined {
  try {
    return createRequire(import.meta.url)(name) as T;
  } catch {
    return undefined;
  }
}

async function tryImport<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(name)) as T;
  } catch {
    return undefined;
  }
}

/**
 * A simulated Stripe in test mode: customers, a catalog, payments with cards that decline, subscriptions with
 * prorations, invoices, refunds, checkout, the portal, events and signed webhooks.
 *
 * @source Stripe's OpenAPI description (fields, errors), docs.stripe.com/api/idempotent_requests, /rate-limits, /testing
 * @module
 */
import { defineSandbox, Simulation, type SandboxRequest, type SimulationOptions } from '../kit/index.js';
import { accountRoutes } from './account.js';
import { answers, authorize, errorReply, invalid, missingPermission } from './answers.js';
import { catalogRoutes } from './catalog.js';
import { checkoutRoutes } from './checkout.js';
import { commandLineRoutes, openCommandLine } from './command-line.js';
import { customerRoutes } from './customers.js';
import { eventRoutes, webhookForm } from './events.js';
import { invoiceRoutes } from './invoices.js';
import { oauth } from './oauth.js';
import { paymentRoutes } from './payments.js';
import { all, begin, type StripeObject, type StripeState } from './state.js';
import { subscriptionRoutes } from './subscriptions.js';
import { versionOf } from './versions.js';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const KEY_CHARACTERS_MAX = 255;

export const stripe = defineSandbox<StripeState>({
  name: 'stripe',
  address: 'https://api.stripe.com',
  basePath: '/v1',
  begin,
  tokens: [
    { value: 'sk_test_sandboxKeyOfFairlead', name: 'test key' },
    { value: 'rk_test_sandboxKeyThatOnlyReads', name: 'restricted key', scopes: ['read'] },
  ],
  authorize(call) {
    const refusal = authorize(call);
    const mayOnlyRead = call.token?.scopes?.includes('read') === true && call.request.method !== 'GET';
    return refusal ?? (mayOnlyRead ? missingPermission() : undefined);
  },
  answers,
  headers: (call) => ({
    'request-id': call.requestId,
    'stripe-version': versionOf(call),
    ...(call.request.headers['idempotency-key'] && { 'idempotency-key': call.request.headers['idempotency-key'] }),
  }),
  limits: {
    global: { kind: 'bucket', limit: 25, perMs: SECOND_MS, account: () => 'account' },
    endpoint: {
      kind: 'bucket',
      limit: 25,
      perMs: SECOND_MS,
      account: ({ request }) => `${request.method} ${request.path}`,
    },
  },
  idempotency: {
    header: 'idempotency-key',
    lifeMs: DAY_MS,
    methods: ['POST'],
    // What is refused before the endpoint begins is not kept; a card that declined, and even a 500, are.
    keeps: ({ status }) => status < 400 || status === 402 || status >= 500,
    refuses: (key) =>
      key.length > KEY_CHARACTERS_MAX ? invalid('Idempotency-Key must be 255 characters or fewer.') : undefined,
    mismatch: () =>
      errorReply(400, {
        type: 'idempotency_error',
        message: 'Keys for idempotent requests can only be used with the same parameters they were first used with.',
      }),
    inFlight: () =>
      errorReply(
        409,
        {
          type: 'idempotency_error',
          code: 'idempotency_key_in_use',
          message: 'There is currently another in-progress request using this Idempotent Key.',
        },
        { 'stripe-should-retry': 'true' },
      ),
    repeatHeaders: { 'idempotent-replayed': 'true' },
  },
  troubles: {
    // These three act where they happen: at a charge, at a price, at a checkout page.
    card_declined: () => undefined,
    wrong_currency: () => undefined,
    expired_session: () => undefined,
    missing_scope: () => missingPermission(),
    expired_key: () =>
      errorReply(401, {
        type: 'invalid_request_error',
        code: 'api_key_expired',
        message: 'Expired API Key provided: sk_test_****',
      }),
  },
  routes: {
    ...accountRoutes,
    ...customerRoutes,
    ...catalogRoutes,
    ...paymentRoutes,
    ...invoiceRoutes,
    ...subscriptionRoutes,
    ...checkoutRoutes,
    ...eventRoutes,
    ...commandLineRoutes,
  },
  oauth,
  webhooks: webhookForm,
  socket: openCommandLine,
  variables: (_address, { value }) => ({ STRIPE_SECRET_KEY: value }),
  shows: ({ objects }) => {
    const counts: Record<string, number> = {};
    for (const { object } of objects.values()) counts[object] = (counts[object] ?? 0) + 1;
    return counts;
  },
});

export class StripeSandbox extends Simulation<StripeState> {
  constructor(options: SimulationOptions<StripeState> = {}) {
    super(stripe, options);
  }

  /** All objects of a kind, newest first, e.g. `payment_intent`. */
  objects(kind: string): readonly StripeObject[] {
    return all(this.data, kind);
  }

  /** Somebody fills in the page of a checkout session and pays. @returns whether it went through */
  completeCheckout(id: string, nowMs: number, method = 'pm_card_visa'): boolean {
    const request: SandboxRequest = {
      method: 'POST',
      path: `/v1/payment_pages/${id}/confirm`,
      query: new URLSearchParams(),
      headers: { authorization: `Bearer ${this.mainToken.value}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams({ payment_method: method }).toString()),
      nowMs,
    };
    return this.handle(request).status === 200;
  }
}

/** Whose account it is, and what lies on it. @module */
import { jsonReply, type Routes } from '../kit/index.js';
import { taking } from './params.js';
import { all, type StripeState } from './state.js';

export const accountRoutes: Routes<StripeState> = {
  'GET /v1/account': taking('', () =>
    jsonReply(200, {
      id: 'acct_1SandboxFairlead',
      object: 'account',
      business_profile: { name: 'Sandbox', url: null },
      business_type: 'company',
      charges_enabled: true,
      country: 'DE',
      created: 1_735_689_600,
      default_currency: 'eur',
      details_submitted: true,
      email: 'owner@example.com',
      metadata: {},
      payouts_enabled: true,
      type: 'standard',
    }),
  ),
  'GET /v1/balance': taking('', ({ state }) => {
    const sums = new Map<string, number>();
    for (const charge of all(state, 'charge').filter(({ paid }) => paid === true)) {
      const currency = String(charge['currency']);
      const left = Number(charge['amount']) - Number(charge['amount_refunded']);
      sums.set(currency, (sums.get(currency) ?? 0) + left);
    }
    const pending = [...sums].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }));
    return jsonReply(200, { object: 'balance', available: [], livemode: false, pending });
  }),
};

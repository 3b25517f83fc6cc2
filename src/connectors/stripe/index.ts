/**
 * Stripe.
 *
 * @source Stripe's OpenAPI description; stripe-node
 * @module
 */
import { defineConnector } from '../../core/connector.js';
import { actions } from './actions.js';
import { auth } from './auth.js';
import { classify } from './errors.js';
import { examples } from './examples.js';
import { health, identity } from './identity.js';
import { markedKey } from './key-environment.js';
import { limits } from './limits.js';
import { raw } from './raw.js';
import { STRIPE_CURRENCIES } from './money.js';
import { API_VERSION } from './version.js';
import { webhooks } from './webhooks.js';

export const connector = defineConnector({
  apiVersion: 1,
  provider: 'stripe',
  title: 'Stripe',
  hosts: ['api.stripe.com', 'files.stripe.com'],
  baseUrl: 'https://api.stripe.com/v1',
  headers: { 'stripe-version': API_VERSION },
  envAliases: [markedKey],
  actions,
  auth,
  classify,
  limits,
  raw,
  currencies: STRIPE_CURRENCIES,
  identity,
  health,
  webhooks,
  examples,
});

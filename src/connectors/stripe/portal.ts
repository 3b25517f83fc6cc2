/**
 * The customer portal: pages of Stripe on which customers look after their own subscriptions, cards and invoices.
 *
 * @source docs.stripe.com/api/customer_portal/sessions, stripe-node types (BillingPortal.SessionCreateParams)
 * @module
 */
import { z } from 'zod';
import { defineAction, type FormValue } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { instantOf, optional } from './answers.js';
import { webAddress } from './checkout.js';
import { touchesCustomer } from './customers.js';
import { at } from './endpoint.js';
import { customerId, subscriptionId } from './ids.js';
import { KEYED_ONLY } from './keys.js';

const createPortalInput = z
  .strictObject({
    customer: customerId,
    returnUrl: webAddress.optional().describe('where the link back leads; default: as set up in the dashboard'),
    configuration: z
      .string()
      .regex(/^bpc_\w{1,200}$/, 'it is no id of a portal configuration')
      .optional(),
    opens: z
      .enum(['payment_method_update', 'subscription_cancel', 'subscription_update'])
      .optional()
      .describe('goes straight to this; default: the front page'),
    subscription: subscriptionId.optional().describe('which to cancel or to change'),
  })
  .refine(({ opens, subscription }) => (subscription !== undefined) === isAboutSubscription(opens), {
    error: 'it is needed to cancel or change a subscription, and for nothing else',
    path: ['subscription'],
  });

function isAboutSubscription(opens: string | undefined): opens is 'subscription_cancel' | 'subscription_update' {
  return opens === 'subscription_cancel' || opens === 'subscription_update';
}

const portal = z.strictObject({
  id: z.string(),
  url: z.string().describe('signs the customer in to the portal: give it to nobody else'),
  customer: z.string(),
  createdAt: z.string(),
});

function flowData({ opens, subscription }: z.output<typeof createPortalInput>): FormValue {
  if (opens === undefined) return undefined;
  return { type: opens, ...(isAboutSubscription(opens) && { [opens]: { subscription } }) };
}

/** Each is good for a few minutes, and there is no list of them: after the life of the key, make another. */
export const createPortalSession = defineAction<z.output<typeof createPortalInput>, z.output<typeof portal>>({
  summary: 'Makes a link with which a customer gets to the billing portal of Stripe',
  effect: 'create',
  ...at('POST /v1/billing_portal/sessions'),
  permissions: ['Customer portal: Write'],
  input: createPortalInput,
  output: portal,
  target: ({ customer: id }) => ({ type: 'customer', id }),
  touches: touchesCustomer,
  request: (input) => ({
    method: 'POST',
    url: '/billing_portal/sessions',
    form: {
      customer: input.customer,
      return_url: input.returnUrl,
      configuration: input.configuration,
      flow_data: flowData(input),
    },
  }),
  parse: ({ body }) => {
    const value = parseJsonObject(body);
    if (!isObject(value)) return undefined;
    const { id, url, customer, created } = value;
    return { id, url, customer, ...optional('createdAt', instantOf(created)) };
  },
  ...KEYED_ONLY,
});

/** Ids of Stripe's objects: a prefix tells of what kind. @source Stripe's OpenAPI description (examples) @module */
import { z } from 'zod';

const id = (prefix: string, what: string) =>
  z.string().regex(new RegExp(`^${prefix}_\\w{1,200}$`), `it is no id of ${what}: those begin with ${prefix}_`);

export const customerId = id('cus', 'a customer');
export const paymentId = id('pi', 'a payment');
export const sessionId = id('cs', 'a checkout session');
export const subscriptionId = id('sub', 'a subscription');
export const subscriptionItemId = id('si', 'an item of a subscription');
export const invoiceId = id('in', 'an invoice');
export const paymentMethodId = id('pm', 'a payment method');
/** Prices have no prefix of their own: older plans bear whatever name they were given. */
export const priceId = z
  .string()
  .regex(/^[\w.:-]{1,200}$/, 'it is no id of a price')
  .describe('id of the price');

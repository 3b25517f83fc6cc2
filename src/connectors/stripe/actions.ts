/** What Stripe can be asked to do. @module */
import { createCheckoutSession, getCheckoutSession } from './checkout.js';
import { createCustomer, findCustomerByEmail, getCustomer, updateCustomer } from './customers.js';
import { listEvents } from './events.js';
import { getInvoice, previewTax } from './invoices.js';
import { getPayment, refundPayment } from './payments.js';
import { changePlan, previewPlanChange } from './plan-change.js';
import { createPortalSession } from './portal.js';
import { cancelSubscription, createSubscription, getSubscription } from './subscriptions.js';

export const actions = {
  createCustomer,
  getCustomer,
  findCustomerByEmail,
  updateCustomer,
  createCheckoutSession,
  getCheckoutSession,
  createPortalSession,
  createSubscription,
  getSubscription,
  previewPlanChange,
  changePlan,
  cancelSubscription,
  getPayment,
  refundPayment,
  getInvoice,
  previewTax,
  listEvents,
} as const;

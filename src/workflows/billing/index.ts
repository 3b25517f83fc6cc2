/** Billing: from what Stripe tells to orders, customers, invoices and subscriptions that are right. @module */
export type { BillingOptions, UnpaidInvoice } from './desk.js';
export { billing } from './handlers.js';
export { orderAfterRedirect, recordPaymentEvent, type OrderAfterRedirect, type RecordedEvent } from './record-event.js';

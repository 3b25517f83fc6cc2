/** Customers and their payment methods. @module */
import type { Fields, Routes, SandboxReply } from '../kit/index.js';
import { invalid, missing, noSuch, type StripeCall } from './answers.js';
import { methodOf, newMethod } from './cards.js';
import { emit } from './events.js';
import { LIST_PARAMS, listReply, objectReply, showObject, withObject } from './objects.js';
import { addressOf, mergedMetadata, objectOf, taking, textOf } from './params.js';
import { find, newId, put, type StripeObject, type StripeState } from './state.js';

const CUSTOMER_PARAMS =
  'address balance description email invoice_prefix invoice_settings metadata name next_invoice_sequence payment_method phone preferred_locales shipping source tax tax_exempt test_clock validate';

export const customerRoutes: Routes<StripeState> = {
  'GET /v1/customers': taking(`${LIST_PARAMS} email test_clock`, (call) => listReply(call, 'customer', ['email'])),
  'POST /v1/customers': taking(CUSTOMER_PARAMS, createCustomer),
  'GET /v1/customers/:id': taking('', showObject('customer')),
  'POST /v1/customers/:id': taking(CUSTOMER_PARAMS, withObject('customer', updateCustomer)),
  'DELETE /v1/customers/:id': taking('', withObject('customer', deleteCustomer)),
  'POST /v1/payment_methods': taking('type card billing_details metadata', (call, params) =>
    params['type'] === undefined ? missing('type') : objectReply(call, newMethod(call, params)),
  ),
  'GET /v1/payment_methods': taking(`${LIST_PARAMS} customer type`, (call) =>
    listReply(call, 'payment_method', ['customer', 'type']),
  ),
  'GET /v1/payment_methods/:id': taking('', showObject('payment_method')),
  'POST /v1/payment_methods/:id/attach': taking('customer', attach),
};

function createCustomer(call: StripeCall, params: Fields): SandboxReply {
  const email = textOf(params['email']);
  if (email !== null && !/^\S+@\S+\.\S+$/.test(email)) return invalidEmail(email);
  const method = params['payment_method'] ?? params['source'];
  const customer = put(call.state, {
    id: newId(call.random, 'cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created: Math.floor(call.nowMs / 1000),
    currency: null,
    default_source: null,
    delinquent: false,
    description: null,
    email: null,
    invoice_prefix: call.requestId.slice(4, 12).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  });
  change(customer, params);
  if (method !== undefined) {
    const found = methodOf(call, method);
    if (found === undefined) return noSuch('payment_method', method, 'payment_method');
    found['customer'] = customer.id;
    if (params['source'] !== undefined) setDefault(customer, found.id);
  }
  emit(call, 'customer.created', customer);
  return objectReply(call, customer);
}

function updateCustomer(call: StripeCall, customer: StripeObject): SandboxReply {
  const email = textOf(call.fields['email']);
  if (email !== null && !/^\S+@\S+\.\S+$/.test(email)) return invalidEmail(email);
  change(customer, call.fields);
  emit(call, 'customer.updated', customer);
  return objectReply(call, customer);
}

function invalidEmail(email: string): SandboxReply {
  return invalid(`Invalid email address: ${email.slice(0, 100)}`, { param: 'email', code: 'email_invalid' });
}

function change(customer: StripeObject, params: Fields): void {
  for (const name of ['description', 'email', 'name', 'phone']) {
    if (params[name] !== undefined) customer[name] = textOf(params[name]);
  }
  if (params['address'] !== undefined) customer['address'] = addressOf(params['address']);
  if (params['tax_exempt'] !== undefined) customer['tax_exempt'] = textOf(params['tax_exempt']) ?? 'none';
  if (params['metadata'] !== undefined) customer['metadata'] = mergedMetadata(customer['metadata'], params['metadata']);
  const method = objectOf(params['invoice_settings'])['default_payment_method'];
  if (method !== undefined) setDefault(customer, textOf(method));
}

function setDefault(customer: StripeObject, method: string | null): void {
  customer['invoice_settings'] = { ...objectOf(customer['invoice_settings']), default_payment_method: method };
}

function deleteCustomer(call: StripeCall, customer: StripeObject): SandboxReply {
  call.state.objects.delete(customer.id);
  emit(call, 'customer.deleted', customer);
  return objectReply(call, { id: customer.id, object: 'customer', deleted: true });
}

function attach(call: StripeCall, params: Fields): SandboxReply {
  const customer = find(call.state, 'customer', params['customer']);
  if (customer === undefined) return noSuch('customer', params['customer'], 'customer');
  const method = methodOf(call, call.params['id']);
  if (method === undefined) return noSuch('payment_method', call.params['id']);
  method['customer'] = customer.id;
  emit(call, 'payment_method.attached', method);
  return objectReply(call, method);
}

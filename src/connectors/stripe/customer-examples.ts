/** Customers and events: what we send and how we read the answers. Run as tests by the connector suite. @module */
import type { CallExample, ReconcileExample } from '../../core/connector.js';

/** The mark of the key `example-key`. */
export const MARK = { fairlead_call: 'e8610c0d-3d29-47c7-b2e8-caf070a8cfdc' };
export const VERSION = { 'stripe-version': '2025-10-15.clover' };
export const CREATED = 1_767_603_600;
export const CREATED_AT = '2026-01-05T09:00:00.000Z';

export const listOf = (data: unknown[], more = false) => ({ object: 'list', url: '/v1/x', has_more: more, data });

const CUSTOMER = {
  id: 'cus_1',
  object: 'customer',
  address: { city: null, country: 'DE', line1: 'Hauptstr. 1', line2: null, postal_code: '10115', state: null },
  created: CREATED,
  currency: 'eur',
  delinquent: false,
  description: null,
  email: 'ada@example.com',
  livemode: false,
  metadata: { plan: 'team', ...MARK },
  name: 'Ada Example',
  phone: null,
  tax_exempt: 'none',
};
const READ = {
  id: 'cus_1',
  email: 'ada@example.com',
  name: 'Ada Example',
  address: { country: 'DE', line1: 'Hauptstr. 1', postalCode: '10115' },
  currency: 'EUR',
  taxExempt: 'none',
  isDelinquent: false,
  isDeleted: false,
  metadata: { plan: 'team' },
  createdAt: CREATED_AT,
};
const CREATE = {
  email: 'ada@example.com',
  name: 'Ada Example',
  address: { line1: 'Hauptstr. 1', postalCode: '10115', country: 'DE' },
  metadata: { plan: 'team' },
};
const UPDATE = { customer: 'cus_1', phone: null, taxExempt: 'none', metadata: { plan: 'team', old: null } };

const EVENT = {
  id: 'evt_1',
  object: 'event',
  api_version: '2025-10-15.clover',
  created: CREATED,
  data: {
    object: { id: 'pi_1', object: 'payment_intent', client_secret: 'pi_1_secret_x', charges: [{ client_secret: 'y' }] },
  },
  livemode: false,
  pending_webhooks: 1,
  request: { id: 'req_1', idempotency_key: null },
  type: 'payment_intent.created',
};

export const customerCalls: Record<string, CallExample[]> = {
  createCustomer: [
    {
      input: CREATE,
      request: {
        method: 'POST',
        url: '/customers',
        headers: VERSION,
        form: {
          email: 'ada@example.com',
          name: 'Ada Example',
          address: { line1: 'Hauptstr. 1', country: 'DE', postal_code: '10115' },
          metadata: { plan: 'team', ...MARK },
        },
      },
      answer: { body: CUSTOMER },
      output: READ,
    },
  ],
  updateCustomer: [
    {
      input: UPDATE,
      request: {
        method: 'POST',
        url: '/customers/cus_1',
        form: { phone: null, metadata: { plan: 'team', old: null }, tax_exempt: 'none' },
      },
      answer: { body: CUSTOMER },
      output: READ,
    },
  ],
  getCustomer: [
    {
      input: { customer: 'cus_1' },
      request: { method: 'GET', url: '/customers/cus_1', headers: VERSION },
      answer: { body: CUSTOMER },
      output: READ,
    },
    {
      input: { customer: 'cus_2' },
      answer: { body: { id: 'cus_2', object: 'customer', deleted: true } },
      output: { id: 'cus_2', isDeleted: true, metadata: {} },
    },
  ],
  findCustomerByEmail: [
    {
      input: { email: 'ada@example.com', cursor: 'cus_9' },
      request: {
        method: 'GET',
        url: '/customers',
        query: { email: 'ada@example.com', limit: 100, starting_after: 'cus_9' },
      },
      answer: { body: listOf([CUSTOMER], true) },
      output: { customers: [READ], nextCursor: 'cus_1' },
    },
    { input: { email: 'bob@example.com' }, answer: { body: listOf([]) }, output: { customers: [] } },
  ],
  listEvents: [
    {
      input: { types: ['invoice.paid', 'payment_intent.created'], since: '2026-01-05T10:00:00+01:00' },
      request: {
        method: 'GET',
        url: '/events',
        query: { 'types[]': ['invoice.paid', 'payment_intent.created'], 'created[gte]': CREATED, limit: 100 },
      },
      answer: { body: listOf([EVENT], true) },
      output: {
        events: [
          {
            id: 'evt_1',
            type: 'payment_intent.created',
            createdAt: CREATED_AT,
            apiVersion: '2025-10-15.clover',
            isLive: false,
            objectType: 'payment_intent',
            objectId: 'pi_1',
            object: { id: 'pi_1', object: 'payment_intent', charges: [{}] },
            pendingDeliveries: 1,
          },
        ],
        nextCursor: 'evt_1',
      },
    },
    {
      input: { undeliveredOnly: true, until: '2026-01-05T09:00:00Z', cursor: 'evt_1' },
      request: {
        method: 'GET',
        url: '/events',
        query: { 'created[lte]': CREATED, delivery_success: false, limit: 100, starting_after: 'evt_1' },
      },
      answer: { body: listOf([]) },
      output: { events: [] },
    },
  ],
};

export const customerReconciles: Record<string, ReconcileExample[]> = {
  createCustomer: [
    {
      input: CREATE,
      answers: [{ body: listOf([{ id: 'cus_9', created: CREATED }], true) }, { body: listOf([CUSTOMER]) }],
      means: { found: READ },
    },
    { input: CREATE, answers: [{ body: listOf([{ id: 'cus_9', metadata: {} }]) }], means: 'not_found' },
    { input: CREATE, answers: [{ body: { error: {} } }], means: 'undecided' },
  ],
  updateCustomer: [
    { input: UPDATE, answers: [{ body: CUSTOMER }], means: { found: READ } },
    { input: UPDATE, answers: [{ body: { ...CUSTOMER, metadata: { plan: 'solo' } } }], means: 'not_found' },
    { input: UPDATE, answers: [{ body: { id: 7 } }], means: 'undecided' },
  ],
};

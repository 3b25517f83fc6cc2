/**
 * Customers.
 *
 * @source Stripe's OpenAPI description (customer); permissions as the dashboard writes them, from memory
 * @module
 */
import { z } from 'zod';
import { defineAction, type FormValue } from '../../core/connector.js';
import { isObject, parseJsonObject } from '../../core/json.js';
import { path } from '../../core/path.js';
import { instantOf, listIn, optional } from './answers.js';
import { at } from './endpoint.js';
import { customerId } from './ids.js';
import { KEYED, READS } from './keys.js';
import { asWanted, markedIn } from './look-up.js';
import { markedMetadata, metadata, metadataChanges, metadataOf, readMetadata } from './metadata.js';
import { cursor, nextPage, PAGE_SIZE } from './pages.js';

const line = z.string().min(1).max(500);
const email = z
  .string()
  .max(512)
  .regex(/^[^\s@]+@[^\s@]+$/, 'it is no e-mail address');
const country = z.string().regex(/^[A-Za-z]{2}$/, 'it is no country of two letters, e.g. DE');

export const addressInput = z.strictObject({
  line1: line.optional(),
  line2: line.optional(),
  city: line.optional(),
  postalCode: line.optional(),
  state: line.optional(),
  country: country.optional().describe('ISO 3166-1, two letters'),
});
export type AddressInput = z.output<typeof addressInput>;

const addressOutput = z.strictObject({
  line1: z.string().optional(),
  line2: z.string().optional(),
  city: z.string().optional(),
  postalCode: z.string().optional(),
  state: z.string().optional(),
  country: z.string().optional(),
});

export const taxExempt = z.enum(['none', 'exempt', 'reverse']).describe('whether tax is owed, or by the customer');

const customer = z.strictObject({
  id: z.string(),
  email: z.string().optional(),
  name: z.string().optional(),
  phone: z.string().optional(),
  description: z.string().optional(),
  address: addressOutput.optional(),
  currency: z.string().optional().describe('ISO 4217: the only one that this customer can be billed in'),
  taxExempt: z.string().optional(),
  isDelinquent: z.boolean().optional().describe('the last invoice was not paid when it was due'),
  isDeleted: z.boolean(),
  metadata: readMetadata,
  createdAt: z.string().optional(),
});
type Customer = z.output<typeof customer>;

export function addressForm({ postalCode, ...rest }: AddressInput): FormValue {
  return { ...rest, ...(postalCode !== undefined && { postal_code: postalCode }) };
}

function addressFrom(value: unknown): unknown {
  if (!isObject(value)) return value;
  return {
    ...optional('line1', value['line1']),
    ...optional('line2', value['line2']),
    ...optional('city', value['city']),
    ...optional('postalCode', value['postal_code']),
    ...optional('state', value['state']),
    ...optional('country', value['country']),
  };
}

function upperCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toUpperCase() : value;
}

/** A deleted customer is an id and the word that it is gone. */
export function customerFrom(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return {
    id: value['id'],
    ...optional('email', value['email']),
    ...optional('name', value['name']),
    ...optional('phone', value['phone']),
    ...optional('description', value['description']),
    ...optional('address', addressFrom(value['address'])),
    ...optional('currency', upperCase(value['currency'])),
    ...optional('taxExempt', value['tax_exempt']),
    ...optional('isDelinquent', value['delinquent']),
    isDeleted: value['deleted'] === true,
    metadata: metadataOf(value),
    ...optional('createdAt', instantOf(value['created'])),
  };
}

const customerTarget = ({ customer: id }: { customer: string }) => ({ type: 'customer', id });
export const touchesCustomer = ({ customer: id }: { customer?: string | undefined }) =>
  id === undefined ? [] : [{ type: 'customer', id }];
const customerPath = ({ customer: id }: { customer: string }): string => path`/customers/${id}`;

const createCustomerInput = z.strictObject({
  email: email.optional(),
  name: line.optional(),
  phone: z.string().min(1).max(20).optional(),
  description: line.optional(),
  address: addressInput.optional().describe('needed for automatic tax: at least the country'),
  taxExempt: taxExempt.optional(),
  metadata: metadata.optional(),
});

export const createCustomer = defineAction<z.output<typeof createCustomerInput>, Customer>({
  summary: 'Makes a customer at Stripe',
  effect: 'create',
  ...at('POST /v1/customers'),
  permissions: ['Customers: Write'],
  input: createCustomerInput,
  output: customer,
  target: ({ email: id = 'new' }) => ({ type: 'customer', id }),
  request: ({ address, taxExempt: exempt, metadata: given, ...plain }, _connection, marker) => ({
    method: 'POST',
    url: '/customers',
    form: {
      ...plain,
      ...(address && { address: addressForm(address) }),
      tax_exempt: exempt,
      metadata: markedMetadata(given, marker),
    },
  }),
  parse: ({ body }) => customerFrom(parseJsonObject(body)),
  ...KEYED,
  reconcile: markedIn({ url: '/customers', query: ({ email: is }) => ({ email: is }), hasCreated: true }, customerFrom),
});

const updateCustomerInput = z
  .strictObject({
    customer: customerId,
    email: email.nullable().optional(),
    name: line.nullable().optional(),
    phone: z.string().min(1).max(20).nullable().optional(),
    description: line.nullable().optional(),
    address: addressInput.nullable().optional().describe('in place of the one there is'),
    taxExempt: taxExempt.optional(),
    metadata: metadataChanges.optional(),
  })
  .refine(({ customer: _customer, ...changes }) => Object.values(changes).some((value) => value !== undefined), {
    error: 'say what to change',
    path: ['email'],
  });
type UpdateCustomer = z.output<typeof updateCustomerInput>;

const isSame = (is: string | undefined, wanted: string | null | undefined): boolean =>
  wanted === undefined || (is ?? '') === (wanted ?? '').trim();

/** Whether a customer is as the update wants it. */
function isUpdated(is: Customer, { email: mail, name, phone, description, ...wanted }: UpdateCustomer): boolean {
  const { address, taxExempt: exempt, metadata: changes = {} } = wanted;
  const parts = address === undefined ? [] : Object.entries(address ?? {});
  return (
    [isSame(is.email, mail), isSame(is.name, name), isSame(is.phone, phone)].every(Boolean) &&
    isSame(is.description, description) &&
    (exempt === undefined || is.taxExempt === exempt) &&
    (address !== null || Object.keys(is.address ?? {}).length === 0) &&
    parts.every(([part, value]) => is.address?.[part as keyof AddressInput] === value) &&
    Object.entries(changes).every(([name, value]) => (is.metadata[name] ?? null) === value)
  );
}

export const updateCustomer = defineAction<UpdateCustomer, Customer>({
  summary: 'Changes a customer at Stripe',
  effect: 'update',
  ...at('POST /v1/customers/{customer}'),
  permissions: ['Customers: Write'],
  input: updateCustomerInput,
  output: customer,
  target: customerTarget,
  touches: touchesCustomer,
  request: ({ customer: id, address, taxExempt: exempt, ...plain }) => ({
    method: 'POST',
    url: customerPath({ customer: id }),
    form: {
      ...plain,
      ...(address !== undefined && { address: address && addressForm(address) }),
      tax_exempt: exempt,
    },
  }),
  parse: ({ body }) => customerFrom(parseJsonObject(body)),
  ...KEYED,
  reconcile: asWanted(customerPath, undefined, customer, customerFrom, isUpdated),
});

const getCustomerInput = z.strictObject({ customer: customerId });

export const getCustomer = defineAction<z.output<typeof getCustomerInput>, Customer>({
  summary: 'Reads a customer of Stripe',
  ...READS,
  ...at('GET /v1/customers/{customer}'),
  permissions: ['Customers: Read'],
  input: getCustomerInput,
  output: customer,
  target: customerTarget,
  touches: touchesCustomer,
  request: (input) => ({ method: 'GET', url: customerPath(input) }),
  parse: ({ body }) => customerFrom(parseJsonObject(body)),
});

const findCustomerInput = z.strictObject({
  email: email.describe('exactly as it was written, upper and lower case included'),
  cursor,
});
const customerPage = z.strictObject({ customers: z.array(customer), nextCursor: z.string().optional() });

export const findCustomerByEmail = defineAction<z.output<typeof findCustomerInput>, z.output<typeof customerPage>>({
  summary: 'Finds the customers of Stripe with an e-mail address, newest first',
  ...READS,
  ...at('GET /v1/customers'),
  permissions: ['Customers: Read'],
  input: findCustomerInput,
  output: customerPage,
  target: ({ email: id }) => ({ type: 'customer', id }),
  request: ({ email: is, cursor: after }) => ({
    method: 'GET',
    url: '/customers',
    query: { email: is, limit: PAGE_SIZE, starting_after: after },
  }),
  parse: (answer) => ({ customers: listIn(answer)?.map(customerFrom), ...nextPage(answer) }),
  pages: { items: 'customers' },
});

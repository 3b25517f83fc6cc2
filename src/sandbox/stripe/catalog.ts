/** Products and prices. @module */
import type { Fields, Routes, SandboxReply } from '../kit/index.js';
import { invalid, missing, noSuch, type StripeCall } from './answers.js';
import { emit } from './events.js';
import { LIST_PARAMS, listReply, objectReply, showObject, withObject } from './objects.js';
import { countOf, mergedMetadata, objectOf, taking, textOf } from './params.js';
import { amountOf, find, newId, put, type StripeObject, type StripeState } from './state.js';

const PRICE_PARAMS =
  'active billing_scheme currency currency_options custom_unit_amount lookup_key metadata nickname product product_data recurring tax_behavior tiers tiers_mode transfer_lookup_key transform_quantity unit_amount unit_amount_decimal';
const PRODUCT_PARAMS =
  'active default_price_data default_price description id images marketing_features metadata name package_dimensions shippable statement_descriptor tax_code unit_label url';

export const catalogRoutes: Routes<StripeState> = {
  'GET /v1/products': taking(`${LIST_PARAMS} active ids shippable url`, (call) =>
    listReply(call, 'product', ['active']),
  ),
  'POST /v1/products': taking(PRODUCT_PARAMS, createProduct),
  'GET /v1/products/:id': taking('', showObject('product')),
  'GET /v1/prices': taking(`${LIST_PARAMS} active currency lookup_keys product recurring type`, (call) =>
    listReply(call, 'price', ['active', 'currency', 'product', 'type']),
  ),
  'POST /v1/prices': taking(PRICE_PARAMS, createPrice),
  'GET /v1/prices/:id': taking('', showObject('price')),
  'POST /v1/prices/:id': taking('active nickname metadata lookup_key tax_behavior', withObject('price', updatePrice)),
};

function createProduct(call: StripeCall, params: Fields): SandboxReply {
  const name = textOf(params['name']);
  if (name === null) return missing('name');
  const product = makeProduct(call, name, params);
  const data = objectOf(params['default_price_data']);
  if (params['default_price_data'] !== undefined) {
    const price = makePrice(call, data, product.id);
    if ('reply' in price) return price.reply;
    product['default_price'] = price.object.id;
  }
  return objectReply(call, product);
}

function makeProduct(call: StripeCall, name: string, params: Fields): StripeObject {
  const created = Math.floor(call.nowMs / 1000);
  const product = put(call.state, {
    id: textOf(params['id']) ?? newId(call.random, 'prod'),
    object: 'product',
    active: params['active'] !== 'false',
    created,
    default_price: null,
    description: textOf(params['description']),
    images: Array.isArray(params['images']) ? params['images'].map(String) : [],
    livemode: false,
    metadata: mergedMetadata({}, params['metadata']),
    name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: textOf(params['tax_code']),
    unit_label: textOf(params['unit_label']),
    updated: created,
    url: textOf(params['url']),
  });
  emit(call, 'product.created', product);
  return product;
}

function createPrice(call: StripeCall, params: Fields): SandboxReply {
  let product = textOf(params['product']);
  const data = objectOf(params['product_data']);
  if (product === null && typeof data['name'] === 'string') product = makeProduct(call, data['name'], data).id;
  if (product === null) return missing('product');
  if (find(call.state, 'product', product) === undefined) return noSuch('product', product, 'product');
  const made = makePrice(call, params, product);
  return 'reply' in made ? made.reply : objectReply(call, made.object);
}

/** A price from `currency`, `unit_amount` and perhaps `recurring`. */
export function makePrice(
  call: StripeCall,
  params: Fields,
  product: string,
): { object: StripeObject } | { reply: SandboxReply } {
  const currency = textOf(params['currency']);
  if (currency === null) return { reply: missing('currency') };
  if (!/^[a-zA-Z]{3}$/.test(currency))
    return { reply: invalid(`Invalid currency: ${currency.slice(0, 20)}.`, { param: 'currency' }) };
  const amount = countOf(params['unit_amount']);
  if (amount === undefined || amount < 0) {
    return {
      reply: invalid('Invalid integer: unit_amount', { param: 'unit_amount', code: 'parameter_invalid_integer' }),
    };
  }
  const { interval, interval_count: every } = objectOf(params['recurring']);
  const recurring =
    interval === undefined
      ? null
      : { interval, interval_count: countOf(every) ?? 1, usage_type: 'licensed', meter: null, trial_period_days: null };
  const object = put(call.state, {
    id: newId(call.random, 'price'),
    object: 'price',
    active: params['active'] !== 'false',
    billing_scheme: 'per_unit',
    created: Math.floor(call.nowMs / 1000),
    currency: currency.toLowerCase(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: textOf(params['lookup_key']),
    metadata: mergedMetadata({}, params['metadata']),
    nickname: textOf(params['nickname']),
    product,
    recurring,
    tax_behavior: textOf(params['tax_behavior']) ?? 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: recurring === null ? 'one_time' : 'recurring',
    ...amountOf(amount),
  });
  emit(call, 'price.created', object);
  return { object };
}

function updatePrice(call: StripeCall, price: StripeObject): SandboxReply {
  const { active, nickname, metadata } = call.fields;
  if (active !== undefined) price['active'] = active === 'true';
  if (nickname !== undefined) price['nickname'] = textOf(nickname);
  if (metadata !== undefined) price['metadata'] = mergedMetadata(price['metadata'], metadata);
  emit(call, 'price.updated', price);
  return objectReply(call, price);
}

/**
 * Changing the plan of a subscription: first what it would cost, then that.
 *
 * @source docs.stripe.com/billing/subscriptions/prorations, stripe-node types (SubscriptionUpdateParams,
 * InvoiceCreatePreviewParams)
 * @module
 */
import { z } from 'zod';
import { defineAction, type ActionRequest, type FormValue, type LookUp } from '../../core/connector.js';
import { AppError } from '../../core/errors.js';
import { isObject, parseJsonObject, valueAt } from '../../core/json.js';
import type { HttpAnswer } from '../../core/ports.js';
import { found, NOT_FOUND, UNDECIDED, type Verdict } from '../../core/verdict.js';
import { money, moneyOf } from './amount.js';
import { optional, secondsOf } from './answers.js';
import { at } from './endpoint.js';
import { priceId, subscriptionId, subscriptionItemId } from './ids.js';
import { previewFrom, previewShape, type Preview } from './invoices.js';
import { KEYED, READS } from './keys.js';
import { asWanted } from './look-up.js';
import {
  subscriptionFrom,
  subscriptionPath,
  subscriptionShape,
  subscriptionTarget,
  type Subscription,
} from './subscriptions.js';

const changeInput = z.strictObject({
  subscription: subscriptionId,
  price: priceId.describe('id of the new price'),
  quantity: z.int().min(1).max(1_000_000).optional().describe('default: as it is'),
  item: subscriptionItemId.optional().describe('which item to change, where there are several'),
  bill: z
    .enum(['with_next_invoice', 'now', 'not_at_all'])
    .optional()
    .describe('when the difference for the rest of the period is charged or credited; default: with_next_invoice'),
  prorationAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      'from when on the difference counts; give the one of the preview, and the amounts are those of the preview',
    ),
});
type Change = z.output<typeof changeInput>;

const BEHAVIOUR = { with_next_invoice: 'create_prorations', now: 'always_invoice', not_at_all: 'none' } as const;

const subscriptionRequest = (subscription: string): ActionRequest => ({
  method: 'GET',
  url: subscriptionPath({ subscription }),
});

function itemsIn({ body }: HttpAnswer): Record<string, unknown>[] | undefined {
  const items = valueAt(parseJsonObject(body), 'items.data');
  return Array.isArray(items) ? items.filter(isObject) : undefined;
}

const SEVERAL = 'several';

/** The only item there is. */
const onlyItem: LookUp<Change> = {
  what: 'item',
  name: ({ subscription, item }) => (item === undefined ? subscription : undefined),
  request: subscriptionRequest,
  read(answer): Verdict<string> {
    const items = itemsIn(answer);
    if (items === undefined) return UNDECIDED;
    const id = items[0]?.['id'];
    if (items.length > 1) return found(SEVERAL);
    return typeof id === 'string' ? found(id) : NOT_FOUND;
  },
  apply(input, item) {
    if (item !== SEVERAL) return { ...input, item };
    throw new AppError('invalid_argument', {
      argument: 'item',
      problem: 'the subscription has several items; say which one to change',
    });
  },
  fresh: true,
};

/** How many it has now, so that nothing but the price changes where no other number is given. */
const presentQuantity: LookUp<Change> = {
  what: 'quantity',
  name: ({ subscription, quantity }) => (quantity === undefined ? subscription : undefined),
  request: subscriptionRequest,
  read(answer): Verdict<string> {
    const items = itemsIn(answer);
    if (items === undefined) return UNDECIDED;
    return found(items.map((one) => `${String(one['id'])}=${String(one['quantity'])}`).join(' '));
  },
  apply(input, quantities) {
    const own = quantities.split(' ').find((one) => one.startsWith(`${input.item}=`));
    const quantity = Number(own?.split('=')[1]);
    // Metered prices have none.
    return Number.isSafeInteger(quantity) && quantity > 0 ? { ...input, quantity } : input;
  },
  fresh: true,
};

const LOOKUPS = [onlyItem, presentQuantity];

function changeForm({ item, price, quantity, bill = 'with_next_invoice', prorationAt }: Change) {
  return {
    items: [{ id: item, price, quantity }],
    proration_behavior: BEHAVIOUR[bill],
    ...(prorationAt !== undefined && { proration_date: secondsOf(prorationAt) }),
  } satisfies Record<string, FormValue>;
}

const planPreview = z.strictObject({
  ...previewShape.shape,
  difference: money.optional().describe('of the change itself, before tax; absent where not all lines are known'),
  prorationAt: z.string().optional().describe('to be given to changePlan, so that the amounts stay'),
});
type PlanPreview = z.output<typeof planPreview>;

function planPreviewFrom(value: unknown): unknown {
  const preview = previewFrom(value) as Preview | undefined;
  if (preview === undefined || !Array.isArray(preview.lines)) return preview;
  const changes = preview.lines.filter((line) => line?.isProration === true);
  const sum = changes.reduce((total, { amount }) => total + Number(amount?.minor), 0);
  return {
    ...preview,
    ...(preview.isComplete && { difference: moneyOf(sum, valueAt(value, 'currency')) }),
    ...optional('prorationAt', changes[0]?.periodStart),
  };
}

export const previewPlanChange = defineAction<Change, PlanPreview>({
  summary: 'Shows what a change of plan would cost, before it is made',
  ...READS,
  ...at('POST /v1/invoices/create_preview'),
  permissions: ['Invoices: Write'],
  input: changeInput,
  output: planPreview,
  target: subscriptionTarget,
  lookups: LOOKUPS,
  request: (input) => ({
    method: 'POST',
    url: '/invoices/create_preview',
    form: { subscription: input.subscription, subscription_details: changeForm(input) },
  }),
  parse: ({ body }) => planPreviewFrom(parseJsonObject(body)),
});

const changed = z.strictObject({
  ...subscriptionShape.shape,
  amountDue: money.optional().describe('of the last invoice; after `bill: now` that of the change'),
});
type Changed = z.output<typeof changed>;

function changedFrom(value: unknown): unknown {
  const subscription = subscriptionFrom(value);
  const invoice = valueAt(value, 'latest_invoice');
  if (!isObject(subscription) || !isObject(invoice)) return subscription;
  return { ...subscription, amountDue: moneyOf(invoice['amount_due'], invoice['currency']) };
}

/** The item that was changed, if it is known which; else any. */
function isChanged({ items }: Subscription, { item, price, quantity }: Change): boolean {
  return items.some(
    (one) =>
      (item === undefined || one.id === item) &&
      one.price === price &&
      (quantity === undefined || one.quantity === quantity),
  );
}

const expand = ['latest_invoice'];

/** Where the card is declined, the plan stays as it was. */
export const changePlan = defineAction<Change, Changed>({
  summary: 'Changes the plan of a subscription of Stripe, and charges or credits the difference',
  effect: 'pay',
  ...at('POST /v1/subscriptions/{subscription}'),
  permissions: ['Subscriptions: Write'],
  input: changeInput,
  output: changed,
  target: subscriptionTarget,
  lookups: LOOKUPS,
  request: (input) => ({
    method: 'POST',
    url: subscriptionPath(input),
    form: { ...changeForm(input), payment_behavior: 'error_if_incomplete', expand },
  }),
  parse: ({ body }) => changedFrom(parseJsonObject(body)),
  ...KEYED,
  reconcile: asWanted(subscriptionPath, { 'expand[]': expand }, changed, changedFrom, isChanged),
  limits: ({ subscription, bill }) => [
    { bucket: 'endpoint', key: 'POST /v1/subscriptions/{subscription}' },
    ...(bill === 'now' ? [{ bucket: 'newInvoices', key: subscription }] : []),
  ],
});

/**
 * A change of plan: what it costs is shown first, then it is made from the same moment on, and the customer reads the
 * amount that was shown. Carried out again, a change answers from the ledger.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import { moneyText, type Money } from '../core/money.js';
import { digest, isOver, read, stateOf, write, type RunOperation, type Step, type WorkflowState } from './steps.js';

export interface PlanChangeInput {
  subscription: string;
  /** Id of the new price. */
  price: string;
  quantity?: number;
  bill?: 'with_next_invoice' | 'now' | 'not_at_all';
  /** Who the confirmation is from, e.g. `Acme <billing@acme.example>`. */
  from: string;
  /** Default: the address of the customer at Stripe. */
  to?: string;
}

export interface PlanChange extends PlanChangeInput {
  to: string;
  /** It has this price and quantity already: there is nothing to change. */
  isAlready: boolean;
  /** Of the change itself, before tax; negative: a credit. */
  difference?: Money;
  /** Of the invoice that it comes with. */
  amountDue?: Money;
  prorationAt?: string;
  /** Over everything else in it; names the change. */
  hash: string;
}

export interface PlanChangeOutcome {
  hash: string;
  state: WorkflowState | 'nothing_to_change';
  steps: Step[];
}

interface Subscription {
  customer: string;
  items: { price: string; quantity?: number }[];
}

/** What a change would cost. Changes nothing. @throws AppError what a read came to, `invalid_argument` without address */
export async function previewPlanChange(run: RunOperation, input: PlanChangeInput): Promise<PlanChange> {
  const { subscription, price, quantity, bill } = input;
  const current = await read<Subscription>(run, 'stripe.getSubscription', { subscription });
  const isAlready = current.items.some(
    (one) => one.price === price && (quantity === undefined || one.quantity === quantity),
  );
  const to =
    input.to ?? (await read<{ email?: string }>(run, 'stripe.getCustomer', { customer: current.customer })).email;
  if (to === undefined)
    throw new AppError('invalid_argument', {
      argument: 'to',
      problem: 'the customer has no address at Stripe; give one',
    });
  if (isAlready) return named({ ...input, to, isAlready });
  const asked = {
    subscription,
    price,
    ...(quantity !== undefined && { quantity }),
    ...(bill !== undefined && { bill }),
  };
  const shown = await read<{ difference?: Money; amountDue?: Money; prorationAt?: string }>(
    run,
    'stripe.previewPlanChange',
    asked,
  );
  const { difference, amountDue, prorationAt } = shown;
  return named({
    ...input,
    to,
    isAlready,
    ...(difference !== undefined && { difference }),
    ...(amountDue !== undefined && { amountDue }),
    ...(prorationAt !== undefined && { prorationAt }),
  });
}

function named(change: Omit<PlanChange, 'hash'>): PlanChange {
  return { ...change, hash: digest(change) };
}

/**
 * Makes a change as it was shown, then tells the customer.
 *
 * @throws AppError `verification_failed` for a change that is not as it was shown
 */
export async function applyPlanChange(
  run: RunOperation,
  { change, dryRun = false }: { change: PlanChange; dryRun?: boolean },
): Promise<PlanChangeOutcome> {
  const { hash, ...rest } = change;
  if (hash !== digest(rest))
    throw new AppError('verification_failed', {
      what: 'change',
      problem: 'it is not the one that was shown; show it again',
    });
  if (change.isAlready) return { hash, state: 'nothing_to_change', steps: [] };
  const { subscription, price, quantity, bill, prorationAt } = change;
  const wanted = { subscription, price, quantity, bill, prorationAt };
  const input = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const changed = await write(run, 'stripe.changePlan', input, { idempotencyKey: `plan-change:${hash}`, dryRun });
  // Nobody is told of a change that has not been made.
  if (!isOver(changed) && changed.state !== 'previewed') return { hash, state: stateOf([changed]), steps: [changed] };
  const idempotencyKey = `plan-change-mail:${hash}`;
  const told = await write(run, 'resend.sendEmail', mailOf(change), { idempotencyKey, dryRun });
  return { hash, state: stateOf([changed, told]), steps: [changed, told] };
}

function mailOf({ from, to, price, quantity, difference, amountDue, bill = 'with_next_invoice' }: PlanChange) {
  const plan = `${price}${quantity === undefined ? '' : `, ${quantity} of it`}`;
  const amount = difference ?? amountDue;
  const isCredit = amount !== undefined && amount.minor < 0;
  const sum = amount && moneyText({ ...amount, minor: Math.abs(amount.minor) });
  const when = bill === 'now' ? 'now' : 'with your next invoice';
  const says = isCredit ? `${sum} is credited ${when}.` : `${sum} is charged ${when}.`;
  const isBilled = sum !== undefined && bill !== 'not_at_all';
  return {
    from,
    to: [to],
    subject: 'Your plan has been changed',
    text: [
      `Your subscription is now on ${plan}.`,
      isBilled ? `For the rest of this period, ${says}` : 'For this period nothing changes in what you pay.',
    ].join('\n\n'),
  };
}

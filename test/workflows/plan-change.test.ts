/** A change of plan at the simulated Stripe, its confirmation at the simulated Resend, and what the audit log says of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResendSandbox, StripeSandbox } from '../../src/sandbox/index.js';
import { clientOf } from '../sandbox/client.js';
import { setting, type Setting } from './setting.js';

const stripe = new StripeSandbox();
const resend = new ResendSandbox();
let world: Setting;
let subscription: string;

beforeAll(async () => {
  const client = clientOf(stripe, { authorization: `Bearer ${stripe.mainToken.value}` });
  const ask = (line: string, form: object): { id: string } =>
    client(line, { nowMs: Date.now(), form: form as Record<string, string> }).body as { id: string };
  const customer = ask('POST /v1/customers', { email: 'ada@example.com' }).id;
  const card = ask('POST /v1/payment_methods/pm_card_visa/attach', { customer }).id;
  ask(`POST /v1/customers/${customer}`, { invoice_settings: { default_payment_method: card } });
  const items = [{ price: 'price_sandboxTeamMonthly', quantity: 2 }];
  subscription = ask('POST /v1/subscriptions', { customer, items }).id;
  world = await setting([stripe, resend]);
});
afterAll(() => world.close());

const mails = () => [...resend.data.emails.values()];

describe('a change of plan', () => {
  it('is shown, made as shown, confirmed by one mail with that amount, and made once', async () => {
    const { planChange } = world.fairlead.workflows;
    const input = { subscription, price: 'price_sandboxTeamPlusMonthly', from: 'Acme <billing@example.com>' };
    const change = await planChange.preview(input);
    expect(change).toMatchObject({ isAlready: false, to: 'ada@example.com' });
    expect(change.difference!.minor).toBeGreaterThan(0);
    expect(await planChange.apply({ change, dryRun: true })).toMatchObject({ state: 'previewed' });
    expect(mails()).toHaveLength(0);
    const first = await planChange.apply({ change });
    const second = await planChange.apply({ change });
    expect(first.steps.map(({ state }) => state)).toEqual(['done', 'done']);
    expect(second.steps.map(({ state }) => state)).toEqual(['replayed', 'replayed']);
    expect(mails()).toHaveLength(1);
    const amount = (change.difference!.minor / 100).toFixed(2);
    expect(mails()[0]!.sent['text']).toContain(amount);
    const after = await planChange.preview(input);
    expect(await planChange.apply({ change: after })).toMatchObject({ state: 'nothing_to_change' });
    await expect(planChange.apply({ change: { ...change, to: 'eve@example.com' } })).rejects.toMatchObject({
      code: 'verification_failed',
    });
    expect(mails()).toHaveLength(1);
  });

  it('is in the report of the audit log, grouped and explained', async () => {
    const report = await world.fairlead.workflows.auditReport({
      query: 'action=stripe.changePlan status=succeeded',
      by: ['provider', 'status'],
      explain: 'last',
    });
    expect(report.groups).toMatchObject([{ values: { provider: 'stripe', status: 'succeeded' } }]);
    expect(report.explained).toBeDefined();
    await expect(world.fairlead.workflows.auditReport({ by: ['weather' as 'day'] })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});

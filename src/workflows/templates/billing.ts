/** The project that `fairlead init --template billing` writes. @module */
import { CI, setUp, type TemplateFile } from './parts.js';

const CONFIG = `import { billing, defineConfig } from 'fairlead';

export default defineConfig({
  handlers: billing({
    // Gets POST /customers, /orders, /payments, /invoices and /subscriptions.
    recordUrl: 'https://tool.acme.example',
    from: 'Acme <billing@acme.example>',
    currencies: ['EUR'],
  }),
});
`;

const TEST = `${setUp(['InternalToolSandbox', 'ResendSandbox'])}import { billing } from 'fairlead';
import { sign } from 'fairlead/verify';

const SECRET = 'whsec_of_this_test';

async function deliver(fairlead, event) {
  const body = JSON.stringify(event);
  const headers = { 'content-type': 'application/json' };
  const signed = sign('stripe', { body, secret: SECRET, nowMs: Date.now(), headers });
  const asked = { method: 'POST', headers: { ...headers, ...signed.headers }, body };
  const answer = await fairlead.receive().fetch(new Request('http://127.0.0.1/in/stripe', asked));
  assert.equal(answer.ok, true);
}

async function drained(fairlead) {
  for (;;) {
    const { queues } = await fairlead.run('queues.list');
    if (queues.every(({ ready, running, blocked }) => ready + running + blocked === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const checkout = {
  id: 'evt_1',
  type: 'checkout.session.completed',
  created: Math.floor(Date.now() / 1000),
  data: {
    object: {
      id: 'cs_1',
      customer: 'cus_1',
      customer_details: { email: 'ada@example.com' },
      amount_total: 4998,
      currency: 'eur',
      payment_status: 'paid',
    },
  },
};
const unpaid = {
  ...checkout,
  id: 'evt_2',
  type: 'invoice.payment_failed',
  data: {
    object: { id: 'in_1', customer: 'cus_1', customer_email: 'ada@example.com', amount_due: 4998, currency: 'eur' },
  },
};

test('a customer is recorded once and written to once, however often the events come', async () => {
  const [tool, resend] = [new InternalToolSandbox(), new ResendSandbox()];
  const config = ({ urlOf }) => ({
    variables: { STRIPE_WEBHOOK_SECRET: SECRET },
    jobs: { isolation: 'in-process' },
    handlers: billing({ recordUrl: urlOf(tool), from: 'Acme <billing@example.com>', currencies: ['EUR'] }),
  });
  await withFairlead([tool, resend], config, async (fairlead) => {
    for (const event of [unpaid, checkout, unpaid, checkout, { ...unpaid, id: 'evt_3' }]) await deliver(fairlead, event);
    await drained(fairlead);
    assert.equal(tool.effects.filter(({ path }) => path.endsWith('/customers')).length, 1);
    assert.equal((await fairlead.run('states.get', { entity: 'order:cs_1' })).state, 'paid');
    assert.equal(resend.data.emails.size, 1);
  });
});
`;

export const billing: readonly TemplateFile[] = [
  { path: 'fairlead.config.ts', text: CONFIG },
  { path: 'billing.test.mjs', text: TEST },
  CI,
];

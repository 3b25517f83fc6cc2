/** The workflows told as a person wants to read them: each is done twice, and told with what came of it. @module */
import { createFairlead, type FairleadLibrary } from '../library.js';
import { moneyText } from '../core/money.js';
import { realClock, temporaryFolder } from '../host/index.js';
import {
  InternalToolSandbox,
  GithubSandbox,
  GoogleSandbox,
  ResendSandbox,
  replyText,
  SlackSandbox,
  StripeSandbox,
} from '../sandbox/index.js';
import { simulate } from '../testing/index.js';
import { sign } from '../verify.js';
import { billing } from '../workflows/index.js';

const SECRET = 'whsec_of_the_demo';
const REPOSITORY = 'octo/widgets';
const DRAIN_MS = 20_000;
const PROBE_MS = 25;

interface Stage {
  fairlead: FairleadLibrary;
  github: GithubSandbox;
  slack: SlackSandbox;
  stripe: StripeSandbox;
  google: GoogleSandbox;
  resend: ResendSandbox;
  tool: InternalToolSandbox;
  say: (line: string) => void;
}

/** What has to hold, in words. */
type Told = readonly (readonly [holds: boolean, what: string])[];

const STORIES: Readonly<Record<string, (stage: Stage) => Promise<Told>>> = {
  release,
  billing: billingStory,
  triage,
  plan: planChange,
  audit,
};

export const STORY_NAMES: readonly string[] = Object.keys(STORIES);

/** @returns whether everything that was told holds */
export async function tellStories(names: readonly string[], print: (text: string) => void): Promise<boolean> {
  const [github, slack, stripe] = [new GithubSandbox(), new SlackSandbox(), new StripeSandbox()];
  const [google, resend, tool] = [new GoogleSandbox(), new ResendSandbox(), new InternalToolSandbox()];
  const folder = await temporaryFolder('fairlead-stories-');
  const simulated = await simulate([github, slack, stripe, google, resend, tool]);
  const { variables } = simulated.options;
  const fairlead = await createFairlead({
    dataDir: `${folder.path}/data`,
    auditLogPath: `${folder.path}/audit.ndjson`,
    ...simulated.options,
    variables: { ...variables, STRIPE_WEBHOOK_SECRET: SECRET },
    jobs: { isolation: 'in-process' },
    handlers: billing({ recordUrl: simulated.urlOf(tool), from: 'Acme <billing@example.com>', currencies: ['EUR'] }),
  });
  const say = (line: string): void => print(`  ${line}`);
  try {
    let holds = true;
    for (const name of names) {
      print(`\n${name}`);
      const told = await STORIES[name]!({ fairlead, github, slack, stripe, google, resend, tool, say });
      for (const [held, what] of told) say(`${held ? 'holds' : 'DOES NOT HOLD'}: ${what}`);
      holds &&= told.every(([held]) => held);
    }
    return holds;
  } finally {
    await fairlead.close();
    await simulated.close();
    await folder.remove();
  }
}

async function release({ fairlead, slack, say }: Stage): Promise<Told> {
  const before = slack.posts.length;
  const post = () => fairlead.workflows.releaseNotes({ repository: REPOSITORY, post: '#general' });
  const [first, second] = [await post(), await post()];
  say(`${first.commits} commits of ${REPOSITORY} since ${first.since} were read and grouped.`);
  say(`#general reads: ${slack.posts.at(-1)?.text?.split('\n').slice(0, 2).join(' / ')}`);
  say(`The same command again: ${second.posted?.state}.`);
  return [[slack.posts.length - before === 1, 'the channel heard of it once']];
}

async function billingStory({ fairlead, tool, resend, say }: Stage): Promise<Told> {
  const created = Math.floor(realClock.nowMs() / 1_000);
  const own = { customer: 'cus_ada', currency: 'eur', customer_email: 'ada@example.com' };
  const event = (id: string, type: string, object: object) => ({
    id,
    type,
    created,
    data: { object: { ...own, ...object } },
  });
  const paid = event('evt_paid', 'checkout.session.completed', {
    id: 'cs_ada',
    amount_total: 4_998,
    payment_status: 'paid',
  });
  const unpaid = event('evt_unpaid', 'invoice.payment_failed', { id: 'in_ada', amount_due: 4_998 });
  const dollars = event('evt_usd', 'checkout.session.completed', {
    id: 'cs_usd',
    currency: 'usd',
    payment_status: 'paid',
  });
  say('An unpaid invoice, a checkout and one in dollars arrive, each twice, the invoice first.');
  for (const one of [unpaid, paid, dollars, unpaid, paid, dollars]) await deliver(fairlead, one);
  await drained(fairlead);
  const stateOf = async (entity: string) =>
    ((await fairlead.run('states.get', { entity })) as { state?: string }).state;
  const [order, other] = [await stateOf('order:cs_ada'), await stateOf('order:cs_usd')];
  say(
    `The order is ${order}; the one in dollars is ${other}; ${resend.data.emails.size} mail went to ada@example.com.`,
  );
  const customers = tool.effects.filter(({ path }) => path.endsWith('/customers')).length;
  return [
    [order === 'paid' && customers === 1, 'the customer is in the internal tool, once'],
    [other === 'needs_review', 'what was paid in another currency waits for a person'],
    [resend.data.emails.size === 1, 'one mail about the unpaid invoice'],
  ];
}

async function deliver(fairlead: FairleadLibrary, event: object): Promise<void> {
  const body = JSON.stringify(event);
  const bare = { 'content-type': 'application/json' };
  const signed = sign('stripe', { body, secret: SECRET, nowMs: realClock.nowMs(), headers: bare });
  const headers = { ...bare, ...(signed.ok && (signed.headers as Record<string, string>)) };
  await fairlead.receive().fetch(new Request('http://127.0.0.1/in/stripe', { method: 'POST', headers, body }));
}

async function drained(fairlead: FairleadLibrary): Promise<void> {
  const endMs = realClock.monotonicMs() + DRAIN_MS;
  while (realClock.monotonicMs() < endMs) {
    const { queues } = (await fairlead.run('queues.list')) as {
      queues: Record<'ready' | 'running' | 'blocked', number>[];
    };
    if (queues.every(({ ready, running, blocked }) => ready + running + blocked === 0)) return;
    await realClock.sleep(PROBE_MS);
  }
}

async function triage({ fairlead, github, google, say }: Stage): Promise<Told> {
  const book = google.data.spreadsheets[0]!;
  const rows = [
    ['ID', 'Text'],
    ['T-1', 'It crashes at the first empty line'],
    ['T-2', 'My invoice is wrong'],
    ['T-3', 'An error'],
  ];
  book.sheets.push({ title: 'Support', rows });
  const { workflows } = fairlead;
  const plan = await workflows.triage.plan({
    source: { sheet: book.id, range: 'Support!A:B' },
    repository: REPOSITORY,
  });
  for (const { key, category, outcome } of plan.rows) say(`${key}: ${category}, ${outcome.replaceAll('_', ' ')}`);
  const before = github.repository(REPOSITORY)!.issues.length;
  await workflows.triage.apply({ plan });
  const second = await workflows.triage.apply({ plan });
  const opened = github.repository(REPOSITORY)!.issues.length - before;
  say(`The plan opened ${opened} issues; carried out again, ${second.created}.`);
  return [[opened === 2 && second.created === 0, 'one issue for each row that engineering has to see']];
}

async function planChange({ fairlead, stripe, resend, say }: Stage): Promise<Told> {
  const items = [{ price: 'price_sandboxTeamMonthly', quantity: 2 }];
  const customer = ask(stripe, '/v1/customers', 'email=bob@example.com').id;
  const card = ask(stripe, '/v1/payment_methods/pm_card_visa/attach', `customer=${customer}`).id;
  const bought = items
    .map(({ price, quantity }) => `items[0][price]=${price}&items[0][quantity]=${quantity}`)
    .join('&');
  const form = `customer=${customer}&default_payment_method=${card}&${bought}`;
  const subscription = ask(stripe, '/v1/subscriptions', form).id;
  const asked = { subscription, price: 'price_sandboxTeamPlusMonthly', from: 'billing@example.com' };
  const { planChange: flow } = fairlead.workflows;
  const change = await flow.preview(asked);
  say(`The change was shown first: ${change.difference === undefined ? 'unknown' : moneyText(change.difference)}.`);
  const states = [await flow.apply({ change }), await flow.apply({ change })].map(({ steps }) =>
    steps.map(({ state }) => state).join(', '),
  );
  say(`Made: ${states[0]}. Again: ${states[1]}.`);
  const mails = [...resend.data.emails.values()].filter(({ to }) => to.includes('bob@example.com')).length;
  return [[states[0] === 'done, done' && mails === 1, 'it was made once, and one mail has the amount that was shown']];
}

/** What somebody did at Stripe before the story begins. */
function ask(stripe: StripeSandbox, path: string, form: string): { id: string } {
  const headers = {
    authorization: `Bearer ${stripe.mainToken.value}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const reply = stripe.handle({
    method: 'POST',
    path,
    query: new URLSearchParams(),
    headers,
    body: Buffer.from(form),
    nowMs: realClock.nowMs(),
  });
  return JSON.parse(replyText(reply)) as { id: string };
}

async function audit({ fairlead, say }: Stage): Promise<Told> {
  await fairlead.writeAudit({ action: 'crm.deleteContact', targetId: '4711' });
  const report = await fairlead.workflows.auditReport({ query: 'since=1h', by: ['action', 'status'], explain: 'last' });
  for (const { count, values } of report.groups.slice(0, 5)) say(`${count} x ${values['action']}, ${values['status']}`);
  const { ok } = (await fairlead.run('audit.verify')) as { ok: boolean };
  return [[ok && report.explained !== undefined, 'each of it is in the log, explained, and the log verifies']];
}

/** The writes whose effect is counted at the simulated provider, one for each way in which providers tell a repeat. */
import {
  FigmaSandbox,
  GithubSandbox,
  GoogleSandbox,
  LinearSandbox,
  NotionSandbox,
  ResendSandbox,
  SendgridSandbox,
  SlackSandbox,
  StripeSandbox,
  type SandboxProvider,
} from '../../../src/sandbox/index.js';
import { clientOf } from '../../sandbox/client.js';

export interface OneWrite {
  /** `provider.action`, and what for. */
  name: string;
  action: string;
  bases: readonly string[];
  open(nowMs: number): Opened;
  /** `known`: in the end it is always known what came of it, unless the sender still lives. */
  ends: 'known' | 'may stay unknown';
}

export interface Opened {
  provider: SandboxProvider;
  env: Record<string, string>;
  input: object;
  effects(): number;
}

const idOf = (number: number): string => `0000f00d-0000-4000-8000-${String(number).padStart(12, '0')}`;
const TASKS = idOf(10);
const SHIP = idOf(41);
const FILE = 'fileOnboarding01';
const REPOSITORY = 'octo/widgets';

function slack(name: string, inputOf: (post: (text: string) => string) => { action: string; input: object }): OneWrite {
  const open: OneWrite['open'] = (nowMs) => {
    const provider = new SlackSandbox();
    const ask = clientOf(provider, { authorization: `Bearer ${provider.token}` });
    const post = (text: string): string =>
      ask('POST /api/chat.postMessage', { nowMs, form: { channel: 'C00RELEASES', text } }).body.ts;
    const { input } = inputOf(post);
    const env = { SLACK_BOT_TOKEN: provider.token };
    const effects =
      name === 'deletes'
        ? () => (provider.posts.some(({ text }) => text === 'Old') ? 0 : 1)
        : () => provider.posts.filter(({ text }) => text === 'News').length;
    return { provider, env, input, effects };
  };
  const { action } = inputOf(() => '1.000000');
  return { name: `slack ${name}`, action, bases: ['https://slack.com'], open, ends: 'known' };
}

function github(action: string, input: object, effects: (provider: GithubSandbox) => number): OneWrite {
  return {
    name: `github ${action}`,
    action: `github.${action}`,
    bases: ['https://api.github.com'],
    ends: action === 'updateIssue' ? 'may stay unknown' : 'known',
    open: () => {
      const provider = new GithubSandbox();
      provider.webhooks.subscribe({ id: '77', url: 'https://in.test/github', secret: 'a webhook secret' });
      const env = { GITHUB_TOKEN: provider.mainToken.value };
      return { provider, env, input: { repository: REPOSITORY, ...input }, effects: () => effects(provider) };
    },
  };
}

function stripe(
  action: string,
  inputOf: (ask: (line: string, form: object) => string) => object,
  effects: (provider: StripeSandbox) => number,
): OneWrite {
  return {
    name: `stripe ${action}`,
    action: `stripe.${action}`,
    bases: ['https://api.stripe.com'],
    ends: 'known',
    open(nowMs) {
      const provider = new StripeSandbox();
      const client = clientOf(provider, { authorization: `Bearer ${provider.mainToken.value}` });
      const ask = (line: string, form: object): string =>
        client(line, { nowMs, form: form as Record<string, string> }).body.id;
      const input = inputOf(ask);
      return {
        provider,
        env: { STRIPE_SECRET_KEY: provider.mainToken.value },
        input,
        effects: () => effects(provider),
      };
    },
  };
}

function google(action: string, input: object, effects: (provider: GoogleSandbox) => number): OneWrite {
  return {
    name: `google ${action}`,
    action: `google.${action}`,
    bases: ['https://www.googleapis.com', 'https://gmail.googleapis.com'],
    ends: 'known',
    open: () => {
      const provider = new GoogleSandbox();
      const env = { GOOGLE_OAUTH_ACCESS_TOKEN: provider.mainToken.value };
      return { provider, env, input, effects: () => effects(provider) };
    },
  };
}

type Options = Pick<OneWrite, 'ends'>;

function simple<Provider extends SandboxProvider & { mainToken: { value: string } }>(
  make: () => Provider,
  variable: string,
  base: string,
): (
  action: string,
  input: object,
  effects: (provider: Provider) => number,
  options: Options,
  what?: string,
) => OneWrite {
  return (action, input, effects, options, what = '') => ({
    name: `${make().name} ${action} ${what}`.trim(),
    action: `${make().name}.${action}`,
    bases: [base],
    ...options,
    open: () => {
      const provider = make();
      return { provider, env: { [variable]: provider.mainToken.value }, input, effects: () => effects(provider) };
    },
  });
}

const sendgrid = simple(() => new SendgridSandbox(), 'SENDGRID_API_KEY', 'https://api.sendgrid.com');
const resend = simple(() => new ResendSandbox(), 'RESEND_API_KEY', 'https://api.resend.com');
const notion = simple(() => new NotionSandbox(), 'NOTION_TOKEN', 'https://api.notion.com');
const linear = simple(
  listening(() => new LinearSandbox()),
  'LINEAR_API_KEY',
  'https://api.linear.app',
);
const figma = simple(() => new FigmaSandbox(), 'FIGMA_TOKEN', 'https://api.figma.com');

function listening(make: () => LinearSandbox): () => LinearSandbox {
  return () => {
    const provider = make();
    provider.webhooks.subscribe({ id: 'issues', url: 'https://in.test/linear', secret: 'a webhook secret' });
    return provider;
  };
}

const MAIL = { from: 'Acme <billing@example.com>', subject: 'Your new plan', text: 'It costs 20 EUR a month.' };
const KNOWN = { ends: 'known' } as const;
const MAYBE = { ends: 'may stay unknown' } as const;
const named = (title: string) => (provider: NotionSandbox) =>
  provider.pages.filter(({ properties }) => JSON.stringify(properties).includes(title)).length;

export const WRITES: readonly OneWrite[] = [
  slack('to a channel by id', () => ({ action: 'slack.sendMessage', input: { channel: 'C00RELEASES', text: 'News' } })),
  slack('to a channel by name', () => ({ action: 'slack.sendMessage', input: { channel: '#releases', text: 'News' } })),
  slack('into a thread', (post) => ({
    action: 'slack.sendMessage',
    input: { channel: 'C00RELEASES', threadTs: post('Old'), text: 'News' },
  })),
  slack('deletes', (post) => ({ action: 'slack.deleteMessage', input: { channel: 'C00RELEASES', ts: post('Old') } })),
  github('createIssue', { title: 'It breaks', body: 'Here.' }, ({ issues }) => {
    return issues.filter(({ title }) => title === 'It breaks').length;
  }),
  github('createComment', { number: 1, body: 'Seen.' }, ({ issues }) => issues[0]!.comments.length),
  github('createRelease', { tag: 'v1.2.0', draft: true }, (provider) => {
    return provider.repository()!.releases.filter(({ tag }) => tag === 'v1.2.0').length;
  }),
  github('updateIssue', { number: 1, title: 'Renamed' }, ({ webhooks }) => {
    return webhooks.deliveries.filter(({ type }) => type === 'issues').length;
  }),
  stripe(
    'createCustomer',
    () => ({ email: 'ada@example.com' }),
    (provider) => provider.objects('customer').length,
  ),
  stripe(
    'refundPayment',
    (ask) => {
      const form = { amount: 1000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true };
      return { payment: ask('POST /v1/payment_intents', form), amount: 400, currency: 'EUR' };
    },
    (provider) => provider.objects('refund').length,
  ),
  stripe(
    'createCheckoutSession',
    () => ({
      mode: 'subscription',
      items: [{ price: 'price_sandboxTeamMonthly', quantity: 3 }],
      successUrl: 'https://app.example/ok',
    }),
    (provider) => provider.objects('checkout.session').length,
  ),
  google(
    'createEvent',
    {
      title: 'Planning',
      start: { dateTime: '2026-03-02T09:00:00+01:00' },
      end: { dateTime: '2026-03-02T10:00:00+01:00' },
    },
    ({ events }) => events.filter(({ fields }) => fields['summary'] === 'Planning').length,
  ),
  google('sendEmail', { to: ['ada@example.com'], subject: 'Hello', text: 'Hello' }, ({ data }) => data.mails.length),
  sendgrid(
    'sendMail',
    { ...MAIL, messages: [{ to: ['ada@example.org'] }] },
    (provider) => provider.messages.length,
    MAYBE,
  ),
  sendgrid('createList', { name: 'Newsletter' }, ({ data }) => data.lists.size, KNOWN),
  sendgrid(
    'addContacts',
    { contacts: [{ email: 'ada@example.org' }] },
    ({ data }) => new Set([...data.jobs.values()].flatMap((job) => job.contacts.map(({ email }) => email))).size,
    MAYBE,
  ),
  resend('sendEmail', { ...MAIL, to: ['ada@example.org'] }, ({ emails }) => emails.length, MAYBE),
  resend(
    'sendBatch',
    { emails: [1, 2].map((number) => ({ ...MAIL, subject: `Number ${number}`, to: ['ada@example.org'] })) },
    ({ emails }) => emails.length / 2,
    MAYBE,
  ),
  linear(
    'createIssue',
    { team: 'ENG', title: 'It breaks' },
    ({ issues }) => issues.filter(({ title }) => title === 'It breaks').length,
    KNOWN,
  ),
  linear(
    'updateIssue',
    { issue: 'ENG-1', title: 'Renamed' },
    ({ webhooks }) => webhooks.deliveries.filter(({ type }) => type === 'Issue.update').length,
    MAYBE,
  ),
  notion(
    'createPage',
    { database: TASKS, title: 'Sell it', markProperty: 'Call' },
    named('Sell it'),
    KNOWN,
    'with a mark',
  ),
  notion('createPage', { database: TASKS, title: 'Sell it' }, named('Sell it'), MAYBE, 'without a mark'),
  notion('createPage', { page: SHIP, title: 'Minutes' }, named('Minutes'), MAYBE, 'under a page'),
  notion('appendBlocks', { page: SHIP, text: 'One.\n\nTwo.' }, ({ data }) => data.blocks.length / 2, MAYBE),
  figma(
    'createComment',
    { file: FILE, message: 'Seen.' },
    (provider) => provider.file().comments.filter(({ message }) => message === 'Seen.').length,
    MAYBE,
  ),
  figma(
    'createComment',
    { file: FILE, message: 'Larger it is.', replyTo: '900' },
    (provider) => provider.file().comments.filter(({ parentId }) => parentId === '900').length,
    MAYBE,
    'as an answer',
  ),
];

/** Every name that must be there (Slack to Figma), with an input that the simulated provider takes. */
import {
  FigmaSandbox,
  GithubSandbox,
  LinearSandbox,
  NotionSandbox,
  ResendSandbox,
  SendgridSandbox,
  SlackSandbox,
  type SandboxProvider,
} from '../../src/sandbox/index.js';
import { FILES } from '../../src/sandbox/google/state.js';
import { graphqlDescription } from './graphql-description.js';
import { googleChecker, googleWorld } from './google-world.js';
import { officialDescription, specs } from '../sandbox/official-description.js';
import { connected, type Connected } from './connected.js';
import {
  customerOf,
  paymentOf,
  stripeWorld,
  subscriptionOf,
  TEAM,
  TEAM_PLUS,
  type StripeWorld,
} from './stripe-world.js';

/** What sees the requests of one run. */
export interface Watching {
  problems: readonly string[];
  checkedRequests: number;
}

export interface Scene {
  world: Connected;
  provider: SandboxProvider;
  checker: Watching | undefined;
}

export interface Subject {
  title: string;
  /** What requests are checked against. */
  description: string;
  open(): Promise<Scene>;
  /** What the requirement says -> the action and its input. */
  names: readonly [wanted: string, action: string, input: object | ((scene: Scene) => object | Promise<object>)][];
}

const START = { startMs: Date.UTC(2026, 1, 2, 12) };

type Make = (options: {
  onExchange?: NonNullable<Watcher>['see'];
}) => SandboxProvider & { mainToken: { value: string } };
type Watcher = Awaited<ReturnType<typeof officialDescription>> | ReturnType<typeof graphqlDescription> | undefined;

/** Problems that are a description's and not ours; the tests of each connector say why. */
const ALLOWED = [
  'metadata',
  '/ts must be number',
  'body/parent',
  'body.parent.',
  'body/children',
  'query.categories/v',
];

const opener = (make: Make, variable: string, bases: readonly string[], file: string) => async (): Promise<Scene> => {
  const isGraphql = file.endsWith('.gz');
  const described = () => (isGraphql ? graphqlDescription(file) : officialDescription({ file, allowed: ALLOWED }));
  const checker: Watcher = specs.available ? await described() : undefined;
  const provider = make(checker === undefined ? {} : { onExchange: checker.see });
  const world = await connected(provider, bases, { ...START, env: { [variable]: provider.mainToken.value } });
  return { world, provider, checker };
};

const posted = async ({ world }: Scene): Promise<string> => {
  const { output } = await world.call('slack.sendMessage', { channel: 'C00RELEASES', text: 'Hello' });
  return (output as { ts: string }).ts;
};
const HOOKS = 'https://hooks.slack.com';
const REPOSITORY = { repository: 'octo/widgets' };
const idOf = (number: number): string => `0000f00d-0000-4000-8000-${String(number).padStart(12, '0')}`;
const MAIL = { from: 'Acme <billing@example.com>', subject: 'Your new plan', text: 'It costs 20 EUR a month.' };
const FILE = { file: 'fileOnboarding01' };
const at = (scene: Scene): StripeWorld => scene.world as StripeWorld;

function hook({ world, provider }: Scene): object {
  const github = provider as GithubSandbox;
  github.webhooks.subscribe({ id: '77', url: 'https://in.test/github', secret: 'a webhook secret' });
  github.push('fix: it', world.clock.nowMs());
  github.webhooks.take();
  return { ...REPOSITORY, hookId: 77 };
}

export const SUBJECTS: readonly Subject[] = [
  {
    title: 'Slack',
    description: "Slack's API description",
    async open() {
      const checker = specs.available
        ? await officialDescription({ file: 'slack/openapi.json', allowed: ALLOWED })
        : undefined;
      const provider = new SlackSandbox(checker && { onExchange: checker.see });
      const env = { SLACK_BOT_TOKEN: provider.token, SLACK_WEBHOOK_URL: HOOKS + provider.webhookPath };
      const world = await connected(provider, ['https://slack.com', HOOKS], { ...START, env });
      return { world, provider, checker };
    },
    names: [
      ['post a message', 'slack.sendMessage', { channel: '#releases', text: 'News' }],
      [
        'update a message',
        'slack.updateMessage',
        async (scene) => ({ channel: 'C00RELEASES', ts: await posted(scene), text: 'New' }),
      ],
      [
        'delete a message',
        'slack.deleteMessage',
        async (scene) => ({ channel: 'C00RELEASES', ts: await posted(scene) }),
      ],
      ['list channels', 'slack.listChannels', {}],
      ['post by Incoming Webhook', 'slack.sendMessage', { text: 'News' }],
    ],
  },
  {
    title: 'GitHub',
    description: "GitHub's API description",
    open: opener(
      (options) => new GithubSandbox(options),
      'GITHUB_TOKEN',
      ['https://api.github.com'],
      'github/openapi.json',
    ),
    names: [
      ['unreleased commits', 'github.listUnreleasedCommits', REPOSITORY],
      ['list releases', 'github.listReleases', REPOSITORY],
      ['latest release', 'github.getLatestRelease', REPOSITORY],
      ['create a release', 'github.createRelease', { ...REPOSITORY, tag: 'v1.2.0', draft: true }],
      ['create an issue', 'github.createIssue', { ...REPOSITORY, title: 'It breaks' }],
      ['update an issue', 'github.updateIssue', { ...REPOSITORY, number: 1, title: 'Renamed' }],
      ['read an issue', 'github.getIssue', { ...REPOSITORY, number: 1 }],
      ['list issues', 'github.listIssues', REPOSITORY],
      ['search issues', 'github.searchIssues', { ...REPOSITORY, words: 'go on' }],
      ['comment', 'github.createComment', { ...REPOSITORY, number: 1, body: 'Seen.' }],
      ['list webhook deliveries', 'github.listWebhookDeliveries', hook],
      ['redeliver a webhook', 'github.redeliverWebhookDelivery', (scene) => ({ ...hook(scene), deliveryId: '1' })],
    ],
  },
  {
    title: 'Stripe',
    description: "Stripe's API description",
    async open() {
      const checker = specs.available
        ? await officialDescription({ file: 'stripe/openapi.json', allowed: ALLOWED })
        : undefined;
      const world = await stripeWorld({ checker });
      return { world, provider: world.stripe, checker };
    },
    names: [
      ['create a customer', 'stripe.createCustomer', { email: 'ada@example.com' }],
      ['read a customer', 'stripe.getCustomer', (scene) => ({ customer: customerOf(at(scene)) })],
      ['update a customer', 'stripe.updateCustomer', (scene) => ({ customer: customerOf(at(scene)), name: 'Ada' })],
      [
        'create a checkout session',
        'stripe.createCheckoutSession',
        { mode: 'subscription', items: [{ price: TEAM, quantity: 3 }], successUrl: 'https://app.example/ok' },
      ],
      [
        'customer portal session',
        'stripe.createPortalSession',
        (scene) => ({ customer: customerOf(at(scene)), returnUrl: 'https://app.example/account' }),
      ],
      [
        'create a subscription, with client secret',
        'stripe.createSubscription',
        (scene) => ({ customer: customerOf(at(scene)), items: [{ price: TEAM }], returnClientSecret: true }),
      ],
      ['read a subscription', 'stripe.getSubscription', (scene) => ({ subscription: subscriptionOf(at(scene)) })],
      [
        'preview a plan change',
        'stripe.previewPlanChange',
        (scene) => ({ subscription: subscriptionOf(at(scene)), price: TEAM_PLUS }),
      ],
      [
        'change a plan with proration',
        'stripe.changePlan',
        (scene) => ({ subscription: subscriptionOf(at(scene)), price: TEAM_PLUS, bill: 'now' }),
      ],
      ['cancel at period end', 'stripe.cancelSubscription', (scene) => ({ subscription: subscriptionOf(at(scene)) })],
      ['refund', 'stripe.refundPayment', (scene) => ({ payment: paymentOf(at(scene)), amount: 300, currency: 'EUR' })],
      ['payment look-up', 'stripe.getPayment', (scene) => ({ payment: paymentOf(at(scene)) })],
      [
        'preview of automatic tax',
        'stripe.previewTax',
        { items: [{ price: TEAM, quantity: 5 }], address: { country: 'DE' } },
      ],
      ['list events', 'stripe.listEvents', {}],
    ],
  },
  {
    title: 'Google',
    description: "Google's discovery documents",
    async open() {
      const checker = await googleChecker();
      const world = await googleWorld(checker);
      return { world, provider: world.google, checker };
    },
    names: [
      ['list calendars', 'google.listCalendars', {}],
      ['list events', 'google.listEvents', {}],
      [
        'create an event',
        'google.createEvent',
        { title: 'Planning', start: { date: '2026-03-02' }, end: { date: '2026-03-03' } },
      ],
      ['send by Gmail', 'google.sendEmail', { to: ['ada@example.com'], subject: 'Grüße', text: 'Hello' }],
      ['read a file of Drive', 'google.readFile', { file: FILES.notes }],
      ['read CSV of Drive', 'google.readCsv', { file: FILES.csv }],
      ['read rows of Sheets', 'google.readRows', { spreadsheet: FILES.sheet, range: 'Budget' }],
    ],
  },
  {
    title: 'SendGrid',
    description: "SendGrid's API description",
    open: opener(
      (options) => new SendgridSandbox(options),
      'SENDGRID_API_KEY',
      ['https://api.sendgrid.com'],
      'sendgrid/openapi.json',
    ),
    names: [
      ['send mail', 'sendgrid.sendMail', { ...MAIL, messages: [{ to: ['ada@example.org'] }] }],
      ['create a list', 'sendgrid.createList', { name: 'Newsletter' }],
      ['add contacts', 'sendgrid.addContacts', { contacts: [{ email: 'ada@example.org' }] }],
      ['statistics', 'sendgrid.getStatistics', { from: '2026-01-01' }],
      ['bounces', 'sendgrid.listSuppressions', { kind: 'bounces' }],
    ],
  },
  {
    title: 'Resend',
    description: "Resend's API description",
    open: opener(
      (options) => new ResendSandbox(options),
      'RESEND_API_KEY',
      ['https://api.resend.com'],
      'resend/openapi.json',
    ),
    names: [
      ['send', 'resend.sendEmail', { ...MAIL, to: ['ada@example.org'] }],
      ['send a batch', 'resend.sendBatch', { emails: [{ ...MAIL, to: ['ada@example.org'] }] }],
    ],
  },
  {
    title: 'Linear',
    description: "Linear's GraphQL schema",
    open: opener(
      (options) => new LinearSandbox(options),
      'LINEAR_API_KEY',
      ['https://api.linear.app'],
      'linear/schema.graphql.gz',
    ),
    names: [
      ['create an issue', 'linear.createIssue', { team: 'ENG', title: 'It breaks' }],
      ['search issues', 'linear.searchIssues', { words: 'widgets' }],
    ],
  },
  {
    title: 'Notion',
    description: "Notion's API description",
    open: opener(
      (options) => new NotionSandbox(options),
      'NOTION_TOKEN',
      ['https://api.notion.com'],
      'notion/openapi.json',
    ),
    names: [
      ['query a database', 'notion.queryDatabase', { database: idOf(10) }],
      ['create a page', 'notion.createPage', { database: idOf(10), title: 'Sell it' }],
    ],
  },
  {
    title: 'Figma',
    description: "Figma's API description",
    open: opener(
      (options) => new FigmaSandbox(options),
      'FIGMA_TOKEN',
      ['https://api.figma.com'],
      'figma/openapi.json',
    ),
    names: [
      ['list comments', 'figma.listComments', FILE],
      ['comment', 'figma.createComment', { ...FILE, message: 'Seen.' }],
      ['metadata of a file', 'figma.getFile', FILE],
    ],
  },
];

/** A Fairlead in live with nine providers, rules of an operator, another tenant, and secrets to look for. @module */
import { readConfig } from '../../../src/config.js';
import { newId } from '../../../src/core/ids.js';
import type { SandboxProvider } from '../../../src/sandbox/index.js';
import {
  FigmaSandbox,
  GithubSandbox,
  GoogleSandbox,
  LinearSandbox,
  NotionSandbox,
  ResendSandbox,
  SlackSandbox,
  StripeSandbox,
} from '../../../src/sandbox/index.js';
import { openSqliteInProcess } from '../../../src/storage/sqlite/index.js';
import { Fixtures } from '../../../src/testing/store-conformance/fixtures.js';
import { captureLog, sandboxRoute, SeededRandom, VirtualClock, VirtualNet } from '../../../src/testing/index.js';
import type { HttpResult } from '../../../src/core/ports.js';
import { composeVirtual } from '../../support/compose.js';
import { poisoned, type Carrier } from './carriers.js';

export const WEBHOOK_SECRET = 'a-webhook-secret-of-this-proof-0123456789';
export const FOREIGN = 'what-only-the-other-tenant-may-read';
const STRIPE_KEY = `sk_live_${'0aZ9'.repeat(6)}`;

/** What the operator lets agents do without asking. */
const POLICY = {
  rules: [
    {
      name: 'releases',
      principal: 'agent',
      action: 'slack.sendMessage',
      target: { channel: ['C00RELEASES'] },
      then: 'allow',
    },
    {
      name: 'colleagues',
      principal: 'agent',
      action: 'resend.sendEmail',
      recipientDomain: ['acme.example'],
      then: 'allow',
    },
    {
      name: 'our issues',
      principal: 'agent',
      action: 'github.createIssue',
      target: { repository: ['octo/widgets'] },
      then: 'allow',
    },
    {
      name: 'what is private stays private',
      principal: 'agent',
      action: 'slack.*',
      afterReading: { action: 'github.*', target: { repository: ['octo/vault'] } },
      target: { channel: ['C00RELEASES'] },
      then: 'ask',
    },
  ],
};

export async function openInjectionWorld() {
  const clock = new VirtualClock(Date.UTC(2026, 1, 2, 12));
  const random = new SeededRandom(11);
  const { log, lines } = captureLog();
  const net = new VirtualNet({ clock });
  const slack = new SlackSandbox();
  const stripe = new StripeSandbox({ tokens: [{ value: STRIPE_KEY, name: 'secret key' }] });
  const [github, resend, linear] = [new GithubSandbox(), new ResendSandbox(), new LinearSandbox()];
  const [notion, figma, google] = [new NotionSandbox(), new FigmaSandbox(), new GoogleSandbox()];
  const variables: Record<string, string> = {
    INTEGRATION_ENV: 'live',
    SLACK_BOT_TOKEN: slack.token,
    STRIPE_SECRET_KEY: STRIPE_KEY,
    GITHUB_TOKEN: github.mainToken.value,
    GITHUB_WEBHOOK_SECRET: WEBHOOK_SECRET,
    RESEND_API_KEY: resend.mainToken.value,
    LINEAR_API_KEY: linear.mainToken.value,
    NOTION_TOKEN: notion.mainToken.value,
    FIGMA_TOKEN: figma.mainToken.value,
    GOOGLE_OAUTH_ACCESS_TOKEN: google.mainToken.value,
  };
  const active: { carrier?: Carrier; text: string } = { text: '' };
  const serve = (provider: SandboxProvider, ...bases: string[]): void => {
    for (const base of bases) {
      const route = sandboxRoute(provider, base, clock);
      net.on(`* ${base}`, async (request) => {
        const result = (await route(request)) as HttpResult;
        const { carrier, text } = active;
        return carrier !== undefined && request.url.includes(carrier.at) ? poisoned(result, carrier, text) : result;
      });
    }
  };
  serve(slack, 'https://slack.com');
  serve(stripe, 'https://api.stripe.com');
  serve(github, 'https://api.github.com');
  serve(resend, 'https://api.resend.com');
  serve(linear, 'https://api.linear.app');
  serve(notion, 'https://api.notion.com');
  serve(figma, 'https://api.figma.com');
  serve(google, 'https://www.googleapis.com', 'https://gmail.googleapis.com', 'https://sheets.googleapis.com');
  const store = await openSqliteInProcess(':memory:', { clock });
  const file = { path: 'fairlead.config.ts', value: { policy: POLICY } };
  const config = readConfig({ variables, cwd: '/work', file });
  const { gateway } = await composeVirtual({ config, clock, random, log, net, store, variables });
  const make = new Fixtures(clock, (kind) => newId(kind, clock, random), random);
  const other = { tenant: 'other', environment: 'live' } as const;
  const foreign = make.event({ body: Buffer.from(JSON.stringify({ note: FOREIGN })), type: FOREIGN });
  await store.events.accept(other, foreign);
  const foreignCall = make.call({ key: FOREIGN });
  await store.calls.begin(other, foreignCall);
  return {
    clock,
    net,
    gateway,
    store,
    lines,
    active,
    stripe,
    resend,
    secrets: [...Object.values(variables).filter((value) => value.length > 12), FOREIGN],
    places: { foreignEvent: foreign.id, foreignCall: foreignCall.id },
  };
}

export type InjectionWorld = Awaited<ReturnType<typeof openInjectionWorld>>;

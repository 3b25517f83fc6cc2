/** The table of what must be there, each cell found by doing it; docs/reference/actions.md is made here (`-u`). */
import type { webApi } from '@slack/bolt';
import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { specs } from '../sandbox/official-description.js';
import { SUBJECTS, type Scene, type Subject } from './action-cases.js';

const FILE = '../../docs/reference/actions.md';
const COLUMNS = ['action', 'sandbox', 'contract', 'dry run', 'error words'];
/** Outside of the descriptions that are here: the connector's tests, or the last one here, hold these against types. */
const BY_TYPES: Readonly<Record<string, string>> = {
  'post by Incoming Webhook': 'types of @slack/bolt',
  'latest release': 'types of @octokit/openapi-types',
  'customer portal session': 'types of stripe',
  'read a subscription': 'types of stripe',
  'preview a plan change': 'types of stripe',
  'change a plan with proration': 'types of stripe',
  'cancel at period end': 'types of stripe',
  'preview of automatic tax': 'types of stripe',
};

type Name = Subject['names'][number];

async function ready(subject: Subject, input: Name[2]): Promise<Scene & { given: object; before: number }> {
  const scene = await subject.open();
  const given = typeof input === 'function' ? await input(scene) : input;
  return { ...scene, given, before: scene.provider.received.count };
}

const sent = ({ provider, before }: Scene & { before: number }) => provider.received.requests.slice(before);

async function cellsOf(subject: Subject, [wanted, action, input]: Name): Promise<string[]> {
  const scene = await ready(subject, input);
  const { world, checker, given } = scene;
  const checked = checker?.checkedRequests ?? 0;
  const key = { idempotencyKey: 'order-7' };
  const { state, error } = await world.call(action, given, key);
  const isDone = state === 'done' ? 'yes' : `${state} ${error?.code}: ${error?.detail}`;
  const problems = (checker?.problems ?? []).filter((problem) => problem.includes(' request: '));
  let contract =
    checker === undefined || checker.checkedRequests === checked ? (BY_TYPES[wanted] ?? '') : subject.description;
  if (problems.length > 0) contract = problems.join('; ');
  return [`\`${action}\``, isDone, contract, await dryRun(subject, action, input), await words(subject, action, input)];
}

/** The exact request is shown, and none of those that were sent is it. */
async function dryRun(subject: Subject, action: string, input: Name[2]): Promise<string> {
  const scene = await ready(subject, input);
  const { state, preview } = await scene.world.call(action, scene.given, { idempotencyKey: 'order-7', dryRun: true });
  if (state !== 'previewed' || preview === undefined) return '';
  const shown = preview.url.startsWith('(') ? undefined : new URL(preview.url).pathname;
  const isSent = sent(scene).some(({ method, path, body }) => {
    const isOther = path === '/graphql' && JSON.stringify(body) !== preview.body;
    return method === preview.method && (shown?.endsWith(path) ?? true) && !isOther;
  });
  return isSent ? '' : 'yes';
}

/** A refusal of the provider becomes a sentence: no status, no code, no JSON. */
async function words(subject: Subject, action: string, input: Name[2]): Promise<string> {
  const { world, provider, given } = await ready(subject, input);
  provider.faults.add({ kind: 'business', name: 'missing_scope' }, 20, { path: '*' });
  const { state, error } = await world.call(action, given, { idempotencyKey: 'order-7' });
  const detail = error?.detail ?? '';
  return state === 'failed' && /^[^{}<>]{20,}$/.test(detail) && !/\b[45]\d\d\b/.test(detail)
    ? 'yes'
    : `${state}: ${detail}`;
}

const rows: string[][] = [];

describe.each(SUBJECTS)('actions of $title', (subject) => {
  it.each(subject.names.map((name) => ({ name, wanted: name[0] })))('$wanted', async ({ name }) => {
    const cells = await cellsOf(subject, name);
    rows.push([`${subject.title}: ${name[0]}`, ...cells]);
    const expected = specs.available ? (BY_TYPES[name[0]] ?? subject.description) : (BY_TYPES[name[0]] ?? '');
    expect(Object.fromEntries(COLUMNS.map((column, at) => [column, cells[at]]))).toEqual({
      action: `\`${name[1]}\``,
      sandbox: 'yes',
      contract: expected,
      'dry run': 'yes',
      'error words': 'yes',
    });
  });
});

it('what no other test holds against types fits them', async () => {
  const [slack, , stripe] = SUBJECTS.map((subject) => subject.open());
  const message: webApi.ChatPostMessageArguments = { channel: 'C1', text: 'News' };
  const { channel: _channel, ...text } = message;
  const posted = await (await slack!).world.call('slack.sendMessage', text, { dryRun: true });
  expect(JSON.parse(posted.preview?.body ?? '')).toEqual(text);
  const asked: Stripe.SubscriptionRetrieveParams = { expand: [] };
  const read = await (await stripe!).world.call('stripe.getSubscription', { subscription: 'sub_1' }, { dryRun: true });
  const names = [...new URL(read.preview!.url).searchParams.keys()].map((name) => name.split('[')[0]!);
  expect(names.filter((name) => !(name in asked))).toEqual([]);
});

it.skipIf(!specs.available)(
  `docs/reference/actions.md is this table${specs.available ? '' : `: ${specs.reason}`}`,
  async () => {
    const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
    const table = [line(['what', ...COLUMNS]), line(['---', ...COLUMNS.map(() => '---')]), ...rows.map(line)];
    const text = `<!-- Made by test/connectors/actions-table.test.ts. -->

# Actions

Each cell is found by a test that does it: the simulated provider answers the call, the request fits the provider's own
description, a dry run shows the request and sends none, a refusal of the provider comes back as a sentence.

${table.join('\n')}
`;
    await expect(text).toMatchFileSnapshot(FILE);
  },
);

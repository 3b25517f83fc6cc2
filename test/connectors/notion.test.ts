/** Notion's actions through the real pipeline against the simulated Notion, and Notion's own description beside it. */
import type { CreatePageParameters, PageObjectResponse, QueryDataSourceParameters } from '@notionhq/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/notion/index.js';
import { everyItem } from '../../src/core/pages.js';
import { pageShape } from '../../src/sandbox/notion/shapes.js';
import { NotionSandbox } from '../../src/sandbox/index.js';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { answerTo, connected, restrictedTo, settled, type Connected } from './connected.js';

const API = 'https://api.notion.com';
const KEY = 'order-7';

let checker: Checker | undefined;
beforeAll(async () => {
  if (!specs.available) return;
  checker = await officialDescription({
    file: 'notion/openapi.json',
    allowed: [
      // The description still has databases where this version has data sources; the SDK's types check those below.
      'POST /v1/pages request: body/parent',
      'POST /v1/pages request: body.parent.data_source_id',
      // It says that blocks are texts.
      'POST /v1/pages request: body/children',
      // It leaves out what the SDK's types know: the id of a request, whose workspace it is.
      'answer.request_id is unknown',
      'GET /v1/users/me 200: answer.bot.',
    ],
  });
});
afterAll(() =>
  console.log(checker === undefined ? `notion: unchecked, ${specs.reason}` : coverageText('notion actions', checker)),
);

type SetUp = Connected & { notion: NotionSandbox };

async function setUp(
  sandbox: ConstructorParameters<typeof NotionSandbox>[0] = {},
  options: Parameters<typeof connected>[2] = {},
): Promise<SetUp> {
  const notion = new NotionSandbox({ ...(checker && { onExchange: checker.see }), ...sandbox });
  const env = { NOTION_TOKEN: notion.mainToken.value };
  const world = await connected(notion, [API], { startMs: Date.UTC(2026, 1, 2, 12), env, ...options });
  return { ...world, notion };
}

const idOf = (number: number): string => `0000f00d-0000-4000-8000-${String(number).padStart(12, '0')}`;
const [TASKS, TASKS_SOURCE, SALARIES, SHIP, ADA, SECRET, NOTES] = [10, 11, 30, 41, 43, 44, 45].map(idOf) as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

/** How many requests to change something arrived: a query is a POST as well. */
const changes = ({ notion }: SetUp): number =>
  notion.received.requests.filter(
    ({ method, path }) => method === 'PATCH' || (method === 'POST' && path === '/v1/pages'),
  ).length;

interface Write {
  what: string;
  action: string;
  input: object;
  effects: (notion: NotionSandbox) => number;
  output: object;
  refusedIn: object;
  /** What becomes of a call whose answer was lost. */
  settles: 'done' | 'unknown';
}

const named = (title: string) => (notion: NotionSandbox) =>
  notion.pages.filter(({ properties }) => JSON.stringify(properties).includes(title)).length;

const WRITES: readonly Write[] = [
  {
    what: 'with a property for its mark',
    action: 'createPage',
    input: {
      database: TASKS,
      title: 'Sell the widgets',
      properties: { Status: { select: { name: 'Open' } }, Due: { date: { start: '2026-02-10' } } },
      text: 'First.\n\nThen.',
      markProperty: 'Call',
    },
    effects: named('Sell the widgets'),
    output: { title: 'Sell the widgets', parent: { type: 'data_source_id', id: TASKS_SOURCE }, inTrash: false },
    refusedIn: { dataSource: idOf(31), title: 'x' },
    settles: 'done',
  },
  {
    what: 'under a page',
    action: 'createPage',
    input: { page: SHIP, title: 'Minutes' },
    effects: named('Minutes'),
    output: { title: 'Minutes', parent: { type: 'page_id', id: SHIP } },
    refusedIn: { page: SECRET, title: 'x' },
    settles: 'unknown',
  },
  {
    what: 'by name',
    action: 'updatePage',
    input: { page: SHIP, title: 'Ship all widgets', properties: { Status: { select: { name: 'Done' } } } },
    effects: ({ webhooks }) => webhooks.deliveries.filter(({ type }) => type === 'page.properties_updated').length,
    output: { id: SHIP, title: 'Ship all widgets' },
    refusedIn: { page: SECRET, title: 'x' },
    settles: 'done',
  },
  {
    what: 'as text',
    action: 'appendBlocks',
    input: { page: SHIP, text: 'One.\n\nTwo.' },
    effects: ({ data }) => data.blocks.length / 2,
    output: { blockIds: [expect.any(String), expect.any(String)] },
    refusedIn: { page: SECRET, text: 'x' },
    settles: 'unknown',
  },
];

describe.each(WRITES)('notion.$action $what', ({ action, input, effects, output, refusedIn, settles }) => {
  const name = `notion.${action}`;
  const ready = async (): Promise<SetUp> => {
    const world = await setUp();
    world.notion.webhooks.subscribe({ id: 'pages', url: 'https://in.test/notion', secret: 'a webhook secret' });
    return world;
  };

  it('does it', async () => {
    const world = await ready();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    expect([changes(world), effects(world.notion)]).toEqual([1, 1]);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const world = await ready();
    const { state, preview } = await world.call(name, input, { dryRun: true });
    expect([state, preview?.headers['notion-version']]).toEqual(['previewed', '2025-09-03']);
    expect(JSON.stringify(preview)).not.toContain(world.notion.mainToken.value);
    expect([changes(world), effects(world.notion)]).toEqual([0, 0]);
  });

  it('says in words why not: what is not shared, what may not be done', async () => {
    const world = await ready();
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(/not shared with the integration/);
    world.notion.faults.add({ kind: 'business', name: 'missing_scope' });
    const refused = await world.call(name, input);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
    expect(refused.error?.detail).toMatch(/lacks a capability/);
    expect(effects(world.notion)).toBe(0);
  });

  it('has one effect when the answer is lost, and says what it knows', async () => {
    const world = await ready();
    world.notion.faults.add({ kind: 'lost_answer' });
    expect((await world.call(name, input, { idempotencyKey: KEY })).state).toBe('unknown');
    const result = await settled(world, name, input, KEY);
    expect(result.state).toBe(settles);
    if (settles === 'done') expect(result.output).toMatchObject(output);
    expect([changes(world), effects(world.notion)]).toEqual([1, 1]);
  });

  it('stays unknown when it never arrived: nobody sends it again on a guess', async () => {
    const world = await ready();
    world.notion.faults.add({ kind: 'failure', status: 502 });
    expect((await settled(world, name, input, KEY)).state).toBe('unknown');
    expect([changes(world), effects(world.notion)]).toEqual([1, 0]);
  });

  it.each([
    ['a limit', { kind: 'rate_limited', retryAfterSeconds: 3 }],
    ['an overload', { kind: 'business', name: 'overloaded' }],
  ] as const)('waits as long as %s asks, and does it once', async (_what, fault) => {
    const world = await ready();
    world.notion.faults.add(fault);
    expect((await world.call(name, input)).state).toBe('done');
    expect(effects(world.notion)).toBe(1);
  });
});

const READS: readonly { action: string; input: object; output: object; refusedIn: object; path: string }[] = [
  {
    action: 'queryDatabase',
    input: { database: TASKS, filter: { property: 'Status', select: { equals: 'Open' } } },
    output: { pages: [{ id: SHIP, title: 'Ship the widgets' }] },
    refusedIn: { database: SALARIES },
    path: '/v1/data_sources/*/query',
  },
  {
    action: 'getPage',
    input: { page: SHIP.replaceAll('-', '') },
    output: { id: SHIP, title: 'Ship the widgets', properties: { Points: { number: 3 } } },
    refusedIn: { page: SECRET },
    path: '/v1/pages/*',
  },
  {
    action: 'search',
    input: { words: 'widgets', kind: 'page' },
    output: { results: [{ kind: 'page', id: SHIP }, { title: 'Paint the widgets' }] },
    refusedIn: { cursor: 'made-up' },
    path: '/v1/search',
  },
];

describe.each(READS)('notion.$action', ({ action, input, output, refusedIn, path }) => {
  const name = `notion.${action}`;

  it('answers, asks again after a lost answer, and shows its request in a dry run', async () => {
    const world = await setUp();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    world.notion.faults.add({ kind: 'lost_answer' }, 1, { path });
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    const before = world.notion.received.count;
    const { state } = await world.call(name, input, { dryRun: true });
    expect([state, world.notion.received.count - before]).toEqual(['previewed', 0]);
  });

  it('says in words why not', async () => {
    const world = await setUp();
    const { state, error } = await world.call(name, { ...input, ...refusedIn });
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(/not shared with the integration|start_cursor provided is invalid/);
    expect(error?.detail).not.toMatch(/\b4\d\d\b/);
  });
});

describe('Notion through the pipeline', () => {
  it('has one effect however often a caller repeats a write whose answers are lost', async () => {
    const world = await setUp();
    const input = { database: TASKS, title: 'Once', markProperty: 'Call' };
    for (let i = 0; i < 5; i++) {
      if (i < 3) world.notion.faults.add({ kind: 'lost_answer' });
      await settled(world, 'notion.createPage', input, KEY);
    }
    expect(named('Once')(world.notion)).toBe(1);
  });

  it('does not take the page of somebody else for its own', async () => {
    const world = await setUp();
    world.notion.faults.add({ kind: 'failure', status: 502 });
    const input = { database: TASKS, title: 'Twins' };
    expect((await world.call('notion.createPage', input, { idempotencyKey: KEY })).state).toBe('unknown');
    const theirs = await world.call('notion.createPage', input, { idempotencyKey: 'theirs' });
    expect(theirs.state).toBe('done');
    expect((await settled(world, 'notion.createPage', input, KEY)).state).toBe('unknown');
    expect(named('Twins')(world.notion)).toBe(1);
  });

  it('keeps a restricted connection in its database', async () => {
    const world = await setUp({}, restrictedTo({ database: [TASKS] }));
    const allowed = [
      ['queryDatabase', { database: TASKS.replaceAll('-', '').toUpperCase() }],
      ['queryDatabase', { dataSource: TASKS_SOURCE }],
      ['getPage', { page: SHIP }],
      ['createPage', { dataSource: TASKS_SOURCE, title: 'x' }],
      ['updatePage', { page: SHIP, title: 'x' }],
      ['appendBlocks', { page: SHIP, text: 'x' }],
    ] as const;
    for (const [action, input] of allowed) expect((await world.call(`notion.${action}`, input)).state).toBe('done');
    const refused = [
      ['queryDatabase', { database: idOf(20) }],
      ['queryDatabase', { dataSource: idOf(21) }],
      ['getPage', { page: ADA }],
      ['updatePage', { page: ADA, title: 'x' }],
      // In no database at all.
      ['appendBlocks', { page: NOTES, text: 'x' }],
      ['createPage', { page: ADA, title: 'x' }],
      ['search', {}],
    ] as const;
    for (const [action, input] of refused) {
      const result = await world.call(`notion.${action}`, input);
      expect(result, JSON.stringify(input)).toMatchObject({ state: 'failed', error: { code: 'target_not_allowed' } });
    }
    const forged = await world.call('notion.getPage', { page: `${ADA}/${TASKS}` });
    expect(forged).toMatchObject({ state: 'failed', error: { code: 'invalid_argument' } });
  });

  it('goes through all pages of a database', async () => {
    const world = await setUp();
    const [first] = world.notion.data.pages;
    for (let i = 0; i < 240; i++) world.notion.data.pages.push({ ...first!, id: idOf(1_000 + i) });
    type Page = { pages: { id: string }[]; nextCursor?: string };
    const call = async (input: object) => (await world.call('notion.queryDatabase', input)).output as Page;
    const seen = [];
    for await (const { id } of everyItem(call, { database: TASKS }, 'pages')) seen.push(id);
    expect([seen.length, new Set(seen).size]).toEqual([242, 242]);
  });

  it('goes at three requests a second, so that no limit is met', async () => {
    const world = await setUp();
    for (let i = 0; i < 40; i++) expect((await world.call('notion.search', {})).state).toBe('done');
    expect(world.notion.received.requests.filter(({ status }) => status >= 400)).toEqual([]);
  });

  it('says whose workspace it is, and asks for its health', async () => {
    const world = await setUp();
    const token = world.notion.mainToken.value;
    const { identity, health } = connector;
    const who = await answerTo(world, connector, world.notion, { request: identity.request(), token });
    expect(identity.read(who)).toEqual({ accountId: idOf(1), account: 'Acme', actor: 'Fairlead' });
    const healthy = await answerTo(world, connector, world.notion, { request: health.request(), token });
    expect([healthy.status, connector.classify(healthy, 0)]).toEqual([200, undefined]);
  });
});

/** The compiler compares: what the description has in an older form is checked by the SDK's types. */
describe("Notion's types", () => {
  it('know the parent of a page, blocks and sorts as we write them', () => {
    const page: CreatePageParameters = {
      parent: { type: 'data_source_id', data_source_id: TASKS_SOURCE },
      properties: { title: { title: [{ text: { content: 'x' } }] }, Call: { rich_text: [{ text: { content: 'y' } }] } },
      children: [{ type: 'paragraph', paragraph: { rich_text: [{ type: 'text', text: { content: 'x' } }] } }],
    };
    const query: QueryDataSourceParameters = {
      data_source_id: TASKS_SOURCE,
      filter: {
        and: [
          { timestamp: 'created_time', created_time: { on_or_after: '2026-01-05' } },
          { property: 'Call', rich_text: { equals: 'y' } },
        ],
      },
      sorts: [{ timestamp: 'created_time', direction: 'ascending' }],
      page_size: 100,
    };
    expect([page.parent !== undefined, query.page_size]).toEqual([true, 100]);
  });

  it('know the pages of the simulation', () => {
    const { data } = new NotionSandbox();
    const shape: Omit<PageObjectResponse, 'properties'> = pageShape(data.pages[0]!, data);
    expect(shape.id).toBe(SHIP);
  });

  it.runIf(specs.available)('and the description knows every request and answer it covers', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(100);
  });
});

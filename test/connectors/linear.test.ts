/** Linear's actions through the real pipeline against the simulated Linear, and Linear's own schema beside it. */
import { afterAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/linear/index.js';
import { markAsUuid } from '../../src/core/mark.js';
import { everyItem } from '../../src/core/pages.js';
import { LinearSandbox } from '../../src/sandbox/index.js';
import { specs } from '../sandbox/official-description.js';
import { answerTo, connected, restrictedTo, settled, type Connected } from './connected.js';
import { graphqlCoverage, graphqlDescription } from './graphql-description.js';

const API = 'https://api.linear.app';
const KEY = 'order-7';

const checker = specs.available ? graphqlDescription('linear/schema.graphql.gz') : undefined;
afterAll(() =>
  console.log(
    checker === undefined ? `linear: unchecked, ${specs.reason}` : graphqlCoverage('linear actions', checker),
  ),
);

type SetUp = Connected & { linear: LinearSandbox };

async function setUp(
  sandbox: ConstructorParameters<typeof LinearSandbox>[0] = {},
  options: Parameters<typeof connected>[2] = {},
): Promise<SetUp> {
  const linear = new LinearSandbox({ ...(checker && { onExchange: checker.see }), ...sandbox });
  const env = { LINEAR_API_KEY: linear.mainToken.value };
  const world = await connected(linear, [API], { startMs: Date.UTC(2026, 1, 2, 12), env, ...options });
  return { ...world, linear };
}

/** How many requests to change something arrived: everything goes to one address. */
const mutations = ({ linear }: SetUp): number =>
  linear.received.requests.filter(({ body }) => String((body as { query?: string }).query).startsWith('mutation'))
    .length;

interface Write {
  action: string;
  input: object;
  effects: (linear: LinearSandbox) => number;
  output: object;
  refusedIn: object;
  words: RegExp;
  /** Whether Linear recognises a repeat. */
  isKeyed: boolean;
}

const WRITES: readonly Write[] = [
  {
    action: 'createIssue',
    input: {
      team: 'ENG',
      title: 'It breaks',
      description: 'Here.',
      state: 'In Progress',
      priority: 1,
      assignee: 'ada@acme.example',
      dueDate: '2026-02-10',
    },
    effects: ({ issues }) => issues.filter(({ title }) => title === 'It breaks').length,
    output: {
      identifier: 'ENG-3',
      title: 'It breaks',
      description: 'Here.',
      state: { name: 'In Progress' },
      assignee: { name: 'ada' },
      team: { key: 'ENG' },
      dueDate: '2026-02-10',
    },
    refusedIn: { team: '00000000-0000-4000-8000-000000009999', title: 'x' },
    words: /Linear: there is no such thing in Linear, or the key may not see it/,
    isKeyed: true,
  },
  {
    action: 'updateIssue',
    input: { issue: 'ENG-1', title: 'Renamed', state: 'done', assignee: 'ada@acme.example' },
    effects: ({ webhooks }) => webhooks.deliveries.filter(({ type }) => type === 'Issue.update').length,
    output: { identifier: 'ENG-1', title: 'Renamed', state: { name: 'Done', type: 'completed' } },
    refusedIn: { issue: '00000000-0000-4000-8000-000000009999', title: 'x' },
    words: /there is no such thing in Linear/,
    isKeyed: false,
  },
];

describe.each(WRITES)('linear.$action', ({ action, input, effects, output, refusedIn, words, isKeyed }) => {
  const name = `linear.${action}`;
  const ready = async (): Promise<SetUp> => {
    const world = await setUp();
    world.linear.webhooks.subscribe({ id: 'issues', url: 'https://in.test/linear', secret: 'a webhook secret' });
    return world;
  };

  it('does it', async () => {
    const world = await ready();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    expect([mutations(world), effects(world.linear)]).toEqual([1, 1]);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const world = await ready();
    const { state, preview } = await world.call(name, input, { dryRun: true });
    expect([state, preview?.url]).toEqual(['previewed', `${API}/graphql`]);
    expect(JSON.stringify(preview)).not.toContain(world.linear.mainToken.value);
    expect([mutations(world), effects(world.linear)]).toEqual([0, 0]);
  });

  it('says in words why not', async () => {
    const world = await ready();
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
    world.linear.faults.add({ kind: 'business', name: 'missing_scope' });
    const refused = await world.call(name, input);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
    expect(refused.error?.detail).toMatch(/lacks a permission or access to the team/);
    expect(effects(world.linear)).toBe(0);
  });

  it('has one effect when the answer is lost, and knows the outcome', async () => {
    const world = await ready();
    world.linear.faults.add({ kind: 'lost_answer' });
    if (!isKeyed) expect((await world.call(name, input, { idempotencyKey: KEY })).state).toBe('unknown');
    expect(await settled(world, name, input, KEY)).toMatchObject({ state: 'done', output });
    expect([mutations(world), effects(world.linear)]).toEqual([isKeyed ? 2 : 1, 1]);
  });

  it('has at most one effect when it never arrived', async () => {
    const world = await ready();
    world.linear.faults.add({ kind: 'failure', status: 502 });
    const { state } = await settled(world, name, input, KEY);
    // Under an id of ours it can be sent again; without one nobody guesses.
    expect(state).toBe(isKeyed ? 'done' : 'unknown');
    expect(effects(world.linear)).toBe(isKeyed ? 1 : 0);
  });

  it('waits as long as a limit asks that comes as a bad request, and does it once', async () => {
    const world = await ready();
    world.linear.faults.add({ kind: 'rate_limited', retryAfterSeconds: 3 });
    expect((await world.call(name, input)).state).toBe('done');
    expect(effects(world.linear)).toBe(1);
  });
});

const READS: readonly { action: string; input: object; output: object; document: string; refusedIn: object }[] = [
  {
    action: 'getIssue',
    input: { issue: 'ENG-1' },
    output: { identifier: 'ENG-1', title: 'The export stops', labels: [] },
    document: 'query GetIssue',
    refusedIn: { issue: '00000000-0000-4000-8000-000000009999' },
  },
  {
    action: 'searchIssues',
    input: { words: 'export', team: 'ENG', state: 'backlog' },
    output: { issues: [{ identifier: 'ENG-1' }], total: 1 },
    document: 'query SearchIssues',
    refusedIn: {},
  },
  {
    action: 'listTeams',
    input: {},
    output: { teams: [{ key: 'ENG', name: 'Engineering' }, { key: 'SEC' }] },
    document: 'query Teams',
    refusedIn: {},
  },
];

describe.each(READS)('linear.$action', ({ action, input, output, document, refusedIn }) => {
  const name = `linear.${action}`;
  const own = (world: SetUp): number =>
    world.linear.received.requests.filter(({ body }) =>
      String((body as { query?: string }).query).startsWith(`${document}(`),
    ).length;

  it('answers, asks again after a lost answer, and shows its request in a dry run', async () => {
    const world = await setUp();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    world.linear.faults.add({ kind: 'lost_answer' }, 1, { method: 'POST' });
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    expect(own(world)).toBe(3);
    const { preview } = await world.call(name, input, { dryRun: true });
    expect(preview).toMatchObject({ method: 'POST', url: `${API}/graphql` });
    expect(own(world)).toBe(3);
  });

  it('says in words why not', async () => {
    const world = await setUp();
    await world.call(name, input);
    if (Object.keys(refusedIn).length === 0) {
      world.linear.faults.add({ kind: 'business', name: 'missing_scope' }, 1, { method: 'POST' });
    }
    const { state, error } = await world.call(name, { ...input, ...refusedIn });
    expect(state).toBe('failed');
    expect(error?.detail).toMatch(/there is no such thing in Linear|lacks a permission or access to the team/);
    expect(error?.detail).not.toMatch(/\b[45]\d\d\b/);
  });
});

describe('Linear through the pipeline', () => {
  it('makes an issue under the id that stands for the call', async () => {
    const world = await setUp();
    await world.call('linear.createIssue', { team: 'ENG', title: 'x' }, { idempotencyKey: KEY });
    expect(world.linear.issues.at(-1)?.id).toBe(markAsUuid(KEY));
  });

  it('has one effect however often a caller repeats a write whose answers are lost', async () => {
    const world = await setUp();
    const input = { team: 'ENG', title: 'Once' };
    for (let i = 0; i < 5; i++) {
      if (i < 3) world.linear.faults.add({ kind: 'lost_answer' });
      expect((await settled(world, 'linear.createIssue', input, KEY)).state).toMatch(/done|replayed/);
    }
    expect(world.linear.issues.filter(({ title }) => title === 'Once')).toHaveLength(1);
  });

  it('takes no failure inside a success for a success', async () => {
    const world = await setUp();
    world.linear.faults.add({ kind: 'business', name: 'usage_limit' });
    const { state, error } = await world.call('linear.createIssue', { team: 'ENG', title: 'x' });
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(/the plan of the workspace allows no more of it/);
  });

  it('names what it cannot find: a team, a state, a person, an issue', async () => {
    const world = await setUp();
    const failed = async (action: string, input: object) => {
      const { state, error } = await world.call(`linear.${action}`, input);
      return [state, error?.code, /NIX|Nowhere|nobody|ENG-99/.exec(error?.detail ?? '')?.[0]];
    };
    const title = 'x';
    expect(await failed('createIssue', { team: 'NIX', title })).toEqual(['failed', 'not_found', 'NIX']);
    expect(await failed('createIssue', { team: 'ENG', title, state: 'Nowhere' })).toEqual([
      'failed',
      'not_found',
      'Nowhere',
    ]);
    const nobody = { team: 'ENG', title, assignee: 'nobody@acme.example' };
    expect(await failed('createIssue', nobody)).toEqual(['failed', 'not_found', 'nobody']);
    expect(await failed('getIssue', { issue: 'ENG-99' })).toEqual(['failed', 'not_found', 'ENG-99']);
    expect(mutations(world)).toBe(0);
  });

  it('looks a state up in the team that is meant, although others have one of the same name', async () => {
    const world = await setUp();
    const states = async (team: string) => {
      const { output } = await world.call('linear.createIssue', { team, title: 'x', state: 'Done' });
      return (output as { state: { id: string } }).state.id;
    };
    const [ours, theirs] = [await states('ENG'), await states('SEC')];
    expect(ours).not.toBe(theirs);
  });

  it('keeps a restricted connection in its team', async () => {
    const bound = await setUp({}, restrictedTo({ team: ['ENG'] }));
    const allowed = [
      ['createIssue', { team: 'eng', title: 'x' }],
      ['updateIssue', { issue: 'ENG-1', title: 'x' }],
      ['searchIssues', { words: 'export', team: 'ENG' }],
    ] as const;
    for (const [action, input] of allowed) expect((await bound.call(`linear.${action}`, input)).state).toBe('done');
    const refused = [
      ['createIssue', { team: 'SEC', title: 'x' }],
      ['updateIssue', { issue: 'SEC-1', title: 'x' }],
      // By its id alone nobody can tell whose it is.
      ['getIssue', { issue: bound.linear.issues[2]!.id }],
      ['searchIssues', { words: 'export' }],
      ['listTeams', {}],
    ] as const;
    for (const [action, input] of refused) {
      const result = await bound.call(`linear.${action}`, input);
      expect(result).toMatchObject({ state: 'failed', error: { code: 'target_not_allowed' } });
    }
    // An issue that has moved away is not found by its old identifier.
    bound.linear.data.issues[1]!.teamId = bound.linear.data.teams[1]!.id;
    const moved = await bound.call('linear.updateIssue', { issue: 'ENG-2', title: 'x' });
    expect(moved).toMatchObject({ state: 'failed', error: { code: 'not_found' } });
  });

  it('goes through all pages of a search', async () => {
    const world = await setUp();
    for (let i = 0; i < 120; i++) {
      world.linear.data.issues.push({ ...world.linear.data.issues[0]!, id: `i-${i}`, number: 100 + i });
    }
    type Page = { issues: { id: string }[]; nextCursor?: string };
    const call = async (input: object) => (await world.call('linear.searchIssues', input)).output as Page;
    const seen = [];
    for await (const { id } of everyItem(call, { words: 'export stops', team: 'ENG' }, 'issues')) seen.push(id);
    expect([seen.length, new Set(seen).size]).toEqual([121, 121]);
  });

  it('learns from headers what is left and refuses by itself until the reset', async () => {
    const world = await setUp({ limits: { requests: { limit: 3 } } });
    const read = () => world.call('linear.listTeams', {});
    expect([(await read()).state, (await read()).state, (await read()).state]).toEqual(['done', 'done', 'done']);
    const refused = await read();
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'rate_limited' } });
    expect(world.linear.received.requests.filter(({ status }) => status >= 400)).toEqual([]);
    await world.clock.advance(refused.retryAfterMs!);
    expect((await read()).state).toBe('done');
  });

  it('waits for the reset, in milliseconds, of a limit that somebody else has used up', async () => {
    const world = await setUp({ limits: { requests: { limit: 1 } } });
    const token = world.linear.mainToken.value;
    await answerTo(world, connector, world.linear, { request: connector.health.request(), token });
    const refused = await world.call('linear.listTeams', {});
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'rate_limited' } });
    expect(refused.retryAfterMs).toBeGreaterThan(3_500_000);
    expect(refused.retryAfterMs).toBeLessThan(3_700_000);
  });

  it('says whose workspace it is, and asks for its health', async () => {
    const world = await setUp();
    const token = world.linear.mainToken.value;
    const { identity, health } = connector;
    const who = await answerTo(world, connector, world.linear, { request: identity.request(), token });
    expect(identity.read(who)).toEqual({
      accountId: world.linear.data.organization.id,
      account: 'Acme',
      actor: '@fairlead',
      url: 'https://linear.app/acme',
    });
    const healthy = await answerTo(world, connector, world.linear, { request: health.request(), token });
    expect([healthy.status, connector.classify(healthy, 0)]).toEqual([200, undefined]);
    const stranger = await answerTo(world, connector, world.linear, { request: health.request(), token: 'lin_api_x' });
    expect(connector.classify(stranger, 0)).toMatchObject({ code: 'provider_auth' });
  });

  it.runIf(specs.available)("and Linear's schema knows every request and answer", () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(100);
  });
});

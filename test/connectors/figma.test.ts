/** Figma's actions through the real pipeline against the simulated Figma, and Figma's own description beside it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connector } from '../../src/connectors/figma/index.js';
import { FigmaSandbox } from '../../src/sandbox/index.js';
import { coverageText, officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { answerTo, connected, restrictedTo, settled, type Connected } from './connected.js';

const API = 'https://api.figma.com';
const KEY = 'order-7';
const FILE = 'fileOnboarding01';
const HIDDEN = 'fileHidden000001';

let checker: Checker | undefined;
beforeAll(async () => {
  if (specs.available) checker = await officialDescription({ file: 'figma/openapi.json' });
});
afterAll(() =>
  console.log(checker === undefined ? `figma: unchecked, ${specs.reason}` : coverageText('figma actions', checker)),
);

type SetUp = Connected & { figma: FigmaSandbox };

async function setUp(options: Parameters<typeof connected>[2] = {}): Promise<SetUp> {
  const figma = new FigmaSandbox({ ...(checker && { onExchange: checker.see }) });
  const { email: _email, ...me } = figma.data.me;
  figma.file().comments.push({ ...figma.file().comments[0]!, id: '950', message: 'Ours.', user: me });
  const env = { FIGMA_TOKEN: figma.mainToken.value };
  const world = await connected(figma, [API], { startMs: Date.UTC(2026, 1, 2, 12), env, ...options });
  return { ...world, figma };
}

interface Write {
  what: string;
  action: string;
  input: object;
  effects: (figma: FigmaSandbox) => number;
  output: object;
  refusedIn: object;
  words: RegExp;
  /** What becomes of a call whose answer was lost: a comment bears no mark. */
  settles: 'done' | 'unknown';
}

const WRITES: readonly Write[] = [
  {
    what: 'on the canvas',
    action: 'createComment',
    input: { file: FILE, message: 'Seen.', at: { x: 1, y: 2 } },
    effects: (figma) => figma.file().comments.filter(({ message }) => message === 'Seen.').length,
    output: { message: 'Seen.', author: 'Fairlead Bot' },
    refusedIn: { file: HIDDEN, message: 'x' },
    words: /may not do this, or may not see the file/,
    settles: 'unknown',
  },
  {
    what: 'as an answer',
    action: 'createComment',
    input: { file: FILE, message: 'Larger it is.', replyTo: '900' },
    effects: (figma) => figma.file().comments.filter(({ parentId }) => parentId === '900').length,
    output: { message: 'Larger it is.', replyTo: '900' },
    refusedIn: { file: FILE, message: 'x', replyTo: '1' },
    words: /Figma says: Comment not found/,
    settles: 'unknown',
  },
  {
    what: 'of its own',
    action: 'deleteComment',
    input: { file: FILE, comment: '950' },
    effects: (figma) => (figma.file().comments.some(({ id }) => id === '950') ? 0 : 1),
    output: { id: '950' },
    refusedIn: { file: FILE, comment: '1' },
    words: /Figma says: Comment not found/,
    settles: 'done',
  },
];

describe.each(WRITES)('figma.$action $what', ({ action, input, effects, output, refusedIn, words, settles }) => {
  const name = `figma.${action}`;

  it('does it', async () => {
    const world = await setUp();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    expect([world.writes(), effects(world.figma)]).toEqual([1, 1]);
  });

  it('shows the exact request and sends none in a dry run', async () => {
    const world = await setUp();
    const { state, preview } = await world.call(name, input, { dryRun: true });
    expect(state).toBe('previewed');
    expect(preview?.url).toContain(`${API}/v1/files/${FILE}/comments`);
    expect(JSON.stringify(preview)).not.toContain(world.figma.mainToken.value);
    expect([world.figma.received.count, effects(world.figma)]).toEqual([0, 0]);
  });

  it('says in words why not', async () => {
    const world = await setUp();
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(words);
    world.figma.faults.add({ kind: 'business', name: 'missing_scope' });
    const refused = await world.call(name, input);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'provider_auth' } });
    expect(refused.error?.detail).toMatch(/file_comments:write/);
    expect(effects(world.figma)).toBe(0);
  });

  it('has one effect when the answer is lost, and says what it knows', async () => {
    const world = await setUp();
    world.figma.faults.add({ kind: 'lost_answer' });
    expect((await world.call(name, input, { idempotencyKey: KEY })).state).toBe('unknown');
    const result = await settled(world, name, input, KEY);
    expect(result.state).toBe(settles);
    if (settles === 'done') expect(result.output).toMatchObject(output);
    expect([world.writes(), effects(world.figma)]).toEqual([1, 1]);
  });

  it('stays unknown when it never arrived: nobody sends it again on a guess', async () => {
    const world = await setUp();
    world.figma.faults.add({ kind: 'failure', status: 502 });
    expect((await settled(world, name, input, KEY)).state).toBe('unknown');
    expect([world.writes(), effects(world.figma)]).toEqual([1, 0]);
  });

  it('waits as long as a limit asks, and does it once', async () => {
    const world = await setUp();
    world.figma.faults.add({ kind: 'rate_limited', retryAfterSeconds: 3 });
    expect((await world.call(name, input)).state).toBe('done');
    expect(effects(world.figma)).toBe(1);
  });
});

const READS = [
  {
    action: 'getFile',
    input: { file: FILE },
    output: { name: 'Onboarding', project: 'Website', editor: 'figma' },
    refusedIn: { file: HIDDEN },
  },
  {
    action: 'listFiles',
    input: { project: '501' },
    output: { project: 'Website', files: [{ key: FILE }, { name: 'Checkout' }] },
    refusedIn: { project: '502' },
  },
  {
    action: 'listComments',
    input: { file: FILE },
    output: { comments: [{ id: '900', author: 'Ada Lovelace' }, { id: '950' }] },
    refusedIn: { file: HIDDEN },
  },
];

describe.each(READS)('figma.$action', ({ action, input, output, refusedIn }) => {
  const name = `figma.${action}`;

  it('answers, asks again after a lost answer, and shows its request in a dry run', async () => {
    const world = await setUp();
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    world.figma.faults.add({ kind: 'lost_answer' }, 1, { method: 'GET' });
    expect(await world.call(name, input)).toMatchObject({ state: 'done', output });
    const before = world.figma.received.count;
    expect((await world.call(name, input, { dryRun: true })).state).toBe('previewed');
    expect(world.figma.received.count).toBe(before);
  });

  it('says in words why not', async () => {
    const world = await setUp();
    const { state, error } = await world.call(name, refusedIn);
    expect([state, error?.code]).toEqual(['failed', 'provider_rejected']);
    expect(error?.detail).toMatch(/may not do this, or may not see the file/);
  });
});

describe('Figma through the pipeline', () => {
  it('has one effect however often a caller repeats a write whose answers are lost', async () => {
    const world = await setUp();
    for (let i = 0; i < 5; i++) {
      if (i < 3) world.figma.faults.add({ kind: 'lost_answer' });
      await settled(world, 'figma.createComment', { file: FILE, message: 'Once' }, KEY);
    }
    expect(world.figma.file().comments.filter(({ message }) => message === 'Once')).toHaveLength(1);
  });

  it("does not take somebody else's comment for its own", async () => {
    const world = await setUp();
    world.figma.faults.add({ kind: 'failure', status: 502 });
    const input = { file: FILE, message: 'Twins' };
    expect((await world.call('figma.createComment', input, { idempotencyKey: KEY })).state).toBe('unknown');
    const theirs = await world.call('figma.createComment', input, { idempotencyKey: 'theirs' });
    expect(theirs.state).toBe('done');
    expect((await settled(world, 'figma.createComment', input, KEY)).state).toBe('unknown');
    await world.restart();
    expect((await settled(world, 'figma.createComment', input, KEY)).state).toBe('unknown');
    expect(world.figma.file().comments.filter(({ message }) => message === 'Twins')).toHaveLength(1);
  });

  it('keeps a restricted connection in its file', async () => {
    const world = await setUp(restrictedTo({ file: [FILE] }));
    expect((await world.call('figma.listComments', { file: FILE })).state).toBe('done');
    for (const [action, input] of [
      ['createComment', { file: 'fileCheckout0001', message: 'x' }],
      ['listFiles', { project: '501' }],
    ] as const) {
      const result = await world.call(`figma.${action}`, input);
      expect(result).toMatchObject({ state: 'failed', error: { code: 'target_not_allowed' } });
    }
  });

  it('says whose account it is, and knows a token that is none', async () => {
    const world = await setUp();
    const { identity, health } = connector;
    const token = world.figma.mainToken.value;
    const who = await answerTo(world, connector, world.figma, { request: identity.request(), token });
    expect(identity.read(who)).toEqual({ accountId: '1001', account: 'bot@acme.example', actor: '@Fairlead Bot' });
    const stranger = await answerTo(world, connector, world.figma, { request: health.request(), token: 'figd_x' });
    expect(connector.classify(stranger, 0)).toMatchObject({ code: 'provider_auth' });
  });

  it.runIf(specs.available)('and the description knows every request and answer it covers', () => {
    expect([...new Set(checker!.problems)]).toEqual([]);
    expect(checker!.checkedRequests).toBeGreaterThan(20);
  });
});

/**
 * Every write of every connector, tried without effect: nothing but reads reaches the provider, each name that was
 * looked up is told, and what was shown is what is sent when it is meant.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import type { HttpRequest } from '../../src/core/ports.js';
import { SUBJECTS, type Scene, type Subject } from './action-cases.js';

const writes = CONNECTORS.flatMap(({ provider, actions }) =>
  Object.entries(actions).flatMap(([name, { effect }]) => (effect === 'read' ? [] : [`${provider}.${name}`])),
);
/** Goes to an address that the caller names, through the same code; its own tests are in src/connectors/http. */
const OF_NO_PROVIDER = ['http'];
async function ownComment({ world }: Scene): Promise<object> {
  const file = 'fileOnboarding01';
  const { output } = await world.call('figma.createComment', { file, message: 'Seen.' });
  return { file, comment: (output as { id: string }).id };
}
const SHIP = '0000f00d-0000-4000-8000-000000000041';
/** Writes that no requirement names. */
const MORE: Readonly<Record<string, readonly [action: string, input: Subject['names'][number][2]][]>> = {
  Linear: [['linear.updateIssue', { issue: 'ENG-1', title: 'Renamed', state: 'done' }]],
  Notion: [
    ['notion.updatePage', { page: SHIP, title: 'Ship all widgets' }],
    ['notion.appendBlocks', { page: SHIP, text: 'One.' }],
  ],
  Figma: [['figma.deleteComment', ownComment]],
};
const cases = SUBJECTS.flatMap((subject) =>
  [...subject.names, ...(MORE[subject.title] ?? []).map(([action, input]) => ['once more', action, input] as const)]
    .filter(([, action]) => writes.includes(action))
    .map(([wanted, action, input]) => ({ title: `${action}: ${wanted}`, subject, action, input })),
);
const figures = { previews: 0, lookups: 0, reads: 0, same: 0 };

const textOf = ({ body }: Pick<HttpRequest, 'body'>): string =>
  body === undefined ? '' : Buffer.from(body).toString();

/** Asked in a language in which reading is posted, too. */
const isRead = (request: HttpRequest): boolean =>
  request.method === 'GET' ||
  (request.url.endsWith('/graphql') && !textOf(request).includes('mutation')) ||
  // Notion reads a database by asking a query of it.
  /\/(query|search)$/.test(new URL(request.url).pathname);

describe.each(cases)('$title', ({ subject, action, input }) => {
  it('shows the exact request and sends no write', async () => {
    const scene = await subject.open();
    const given = typeof input === 'function' ? await input(scene) : input;
    const { net } = scene.world;
    const before = net.requests.length;
    const key = { idempotencyKey: 'order-7' };
    const { state, preview, error } = await scene.world.call(action, given, { ...key, dryRun: true });
    expect([state, error?.detail]).toEqual(['previewed', undefined]);
    const asked = net.requests.slice(before);
    expect(asked.filter((request) => !isRead(request)).map(({ method, url }) => `${method} ${url}`)).toEqual([]);
    if (asked.length > 0) expect(preview!.lookups?.length ?? 0).toBeGreaterThan(0);
    figures.previews += 1;
    figures.reads += asked.length;
    figures.lookups += preview!.lookups?.length ?? 0;
    // The address of an Incoming Webhook is its secret, and is not shown.
    const isShown = !preview!.url.startsWith('(');
    const from = net.requests.length;
    expect((await scene.world.call(action, given, key)).state).toBe('done');
    const made = net.requests.slice(from).filter((request) => !isRead(request));
    const shown = [preview!.method, isShown ? preview!.url : '', preview!.body ?? ''];
    expect(made.map((request) => [request.method, isShown ? request.url : '', textOf(request)])).toContainEqual(shown);
    figures.same += 1;
  });
});

it('is asked of every write there is', () => {
  const tried = new Set(cases.map(({ action }) => action));
  expect(writes.filter((action) => !tried.has(action) && !OF_NO_PROVIDER.includes(action.split('.')[0]!))).toEqual([]);
});

afterAll(() => {
  const { previews, lookups, reads, same } = figures;
  console.log(
    `dry-run: ${previews} writes previewed, ${lookups} names looked up in ${reads} reads, ${same} sent as shown`,
  );
});

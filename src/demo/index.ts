/**
 * The demo: the whole product against real deliveries, with a `kill -9` in the middle, ending in a table that says
 * whether every promise held.
 *
 * @module
 */
export { STORY_NAMES, tellStories } from './stories.js';
import { fileURLToPath } from 'node:url';
import type { Files } from '../core/ports.js';
import { SeededRandom } from '../core/seeded-random.js';
import { openFiles, realClock, realRandom, temporaryFolder, type TemporaryFolder } from '../host/index.js';
import { InternalToolSandbox, SlackSandbox, startSandbox, type SandboxServer } from '../sandbox/index.js';
import { forged, genuineDeliveries, shuffled, type DemoDelivery, type DeliverySet } from './deliveries.js';
import { exchange, ServerProcess, type HttpReply } from './server-process.js';
import { renderTable, type DemoRow } from './table.js';

export interface DemoOptions {
  keep: boolean;
  seed: number;
  port: number;
  /** A line of progress, for people. */
  note: (line: string) => void;
  /** The result, for stdout. */
  print: (text: string) => void;
  /** Resolves when the user has seen enough; only asked with `keep`. */
  stopped: () => Promise<void>;
}

const SENDERS = 8;
/** A channel takes one message a second. */
const DRAIN_MS = 180_000;
const PROBE_MS = 100;
const CHANNELS = ['#general', '#releases', '#billing'];
/** A database of its own for the demo, empty before: then it runs on PostgreSQL. */
const DATABASE_URL = process.env['FAIRLEAD_DATABASE_URL'];
/** Nobody knows at once that a node of several is dead: what it held is free when its leases have ended. */
const LEASES = DATABASE_URL === undefined ? '' : '\n  jobs: { leaseMs: 3_000 },';

interface Outcome {
  delivery: DemoDelivery;
  kind: 'genuine' | 'duplicate' | 'forged';
  status: number;
  /** The server recognised it. */
  duplicate: boolean;
}

interface Stage {
  folder: TemporaryFolder;
  files: Files;
  server: ServerProcess;
  slack: SlackSandbox;
  tool: InternalToolSandbox;
  sandbox: SandboxServer;
  set: DeliverySet;
  random: SeededRandom;
}

/** @returns whether everything held */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const stage = await setUp(options);
  try {
    const outcomes = await perform(stage, options);
    const rows = await judge(stage, outcomes);
    options.print(renderTable(rows));
    const holds = rows.every((row) => row.holds);
    options.print(
      holds ? '\nEverything held.' : `\nSomething did not hold. The server said:\n${stage.server.output.slice(-4_000)}`,
    );
    if (options.keep) {
      options.note(`It keeps running at ${stage.server.url}, data in ${stage.folder.path}. Ctrl-C ends it.`);
      await options.stopped();
    }
    return holds;
  } finally {
    await stage.server.stop();
    await stage.sandbox.close();
    await stage.folder.remove();
  }
}

async function setUp({ seed, port, note }: DemoOptions): Promise<Stage> {
  const random = new SeededRandom(seed);
  const folder = await temporaryFolder('fairlead-demo-');
  const files = openFiles(folder.path, realRandom());
  const slack = new SlackSandbox();
  const tool = new InternalToolSandbox();
  const sandbox = await startSandbox({ providers: [slack, tool], clock: realClock });
  const secrets = { github: hex(random), stripe: `whsec_${hex(random)}` };
  const set = await genuineDeliveries(secrets, random, realClock.nowMs());
  await files.write('fairlead.config.mjs', new TextEncoder().encode(configText(sandbox, slack, tool)));
  const host = new URL(sandbox.url).host;
  const server = new ServerProcess(
    realClock,
    fileURLToPath(new URL('./main.cjs', import.meta.url)),
    folder.path,
    {
      PATH: process.env['PATH'] ?? '',
      HOME: folder.path,
      FAIRLEAD_PORT: String(port),
      FAIRLEAD_LOG_LEVEL: 'warn',
      FAIRLEAD_ALLOWED_PRIVATE_HOSTS: host,
      FAIRLEAD_IDEMPOTENT_HOSTS: `http://${host}`,
      SLACK_BOT_TOKEN: slack.token,
      GITHUB_WEBHOOK_SECRET: secrets.github,
      STRIPE_WEBHOOK_SECRET: secrets.stripe,
      ...(DATABASE_URL === undefined ? {} : { FAIRLEAD_DATABASE_URL: DATABASE_URL }),
    },
    `http://127.0.0.1:${port}`,
  );
  note(`Seed ${seed}. ${set.deliveries.length} deliveries (${set.origin}).`);
  note('Starting Fairlead, a simulated Slack, and an internal tool that honours Idempotency-Key.');
  await server.start();
  return { folder, files, server, slack, tool, sandbox, set, random };
}

/** Both providers do the same: record in the internal tool, then tell the channel. */
function configText(sandbox: SandboxServer, slack: SlackSandbox, tool: InternalToolSandbox): string {
  return `import { defineConfig, on } from 'fairlead';

const channels = ${JSON.stringify(CHANNELS)};
const record = async (event, ctx) => {
  const delivery = event.provider + ' ' + event.key;
  await ctx.actions.http.post({ url: ${JSON.stringify(`${sandbox.urlOf(tool)}/customers`)}, json: { delivery } });
  const channel = channels[event.key.charCodeAt(event.key.length - 1) % channels.length];
  await ctx.actions.slack.sendMessage({ channel, text: delivery });
};
const uses = ['http.post', 'slack.sendMessage'];

export default defineConfig({${LEASES}
  connections: { slack: { baseUrl: ${JSON.stringify(`${sandbox.urlOf(slack)}/api`)} } },
  handlers: [on('github', '*', { name: 'github', uses }, record), on('stripe', '*', { name: 'stripe', uses }, record)],
});
`;
}

/** Sends everything, kills the server at the seeded moment, starts it again, sends what had no answer once more. */
async function perform(stage: Stage, { note }: DemoOptions): Promise<Outcome[]> {
  const plan = shuffled(
    stage.set.deliveries.flatMap((delivery) => [
      { delivery, kind: 'genuine' as const },
      { delivery, kind: 'duplicate' as const },
      { delivery: forged(delivery, stage.random, realClock.nowMs()), kind: 'forged' as const },
    ]),
    stage.random,
  );
  const killAfter = Math.floor(plan.length * (0.3 + stage.random.float() * 0.4));
  note(`Sending ${plan.length} requests in any order, each delivery twice and once forged.`);
  note(`SIGKILL after ${killAfter} of them.`);
  const outcomes: Outcome[] = [];
  const unanswered: typeof plan = [];
  let killed: Promise<void> | undefined;
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < plan.length) {
      const item = plan[next++]!;
      if (next === killAfter) killed = restart(stage, note);
      const reply = await post(stage.server.url, item.delivery);
      if (reply.status === 0) {
        unanswered.push(item);
        await killed;
      } else outcomes.push({ ...item, ...read(reply) });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  await killed;
  note(`${unanswered.length} requests had no answer; their senders try again.`);
  for (const item of unanswered) outcomes.push({ ...item, ...read(await post(stage.server.url, item.delivery)) });
  note('Waiting until everything is processed.');
  await drained(stage);
  return outcomes;
}

async function restart({ server }: Stage, note: DemoOptions['note']): Promise<void> {
  await server.kill();
  const startedMs = realClock.monotonicMs();
  await server.start();
  note(`Killed, started again, ready after ${Math.round(realClock.monotonicMs() - startedMs)} ms.`);
}

function post(url: string, { provider, headers, body }: DemoDelivery): Promise<HttpReply> {
  return exchange(`${url}/in/${provider}`, { headers, body });
}

function read({ status, text }: HttpReply): Pick<Outcome, 'status' | 'duplicate'> {
  return { status, duplicate: text.includes('"duplicate":true') };
}

async function ask<T>(stage: Stage, method: string, path: string): Promise<T> {
  const bytes = (await stage.files.read('.fairlead/keys/local.json')) ?? new Uint8Array();
  const { token } = JSON.parse(new TextDecoder().decode(bytes)) as { token: string };
  const { text } = await exchange(stage.server.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{}' } : {}),
  });
  return JSON.parse(text) as T;
}

interface Queue {
  ready: number;
  running: number;
  blocked: number;
}

async function drained(stage: Stage): Promise<void> {
  const endMs = realClock.monotonicMs() + DRAIN_MS;
  while (realClock.monotonicMs() < endMs) {
    const { queues } = await ask<{ queues: Queue[] }>(stage, 'GET', '/v1/queues');
    if (queues.every(({ ready, running, blocked }) => ready + running + blocked === 0)) return;
    await realClock.sleep(PROBE_MS);
  }
}

interface ShownEvent {
  provider: string;
  key: string;
  state: string;
  jobs: { state: string }[];
}

async function allEvents(stage: Stage): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await ask<{ events: ShownEvent[]; cursor?: string }>(stage, 'GET', `/v1/events?limit=500${query}`);
    events.push(...page.events);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return events;
}

async function judge(stage: Stage, outcomes: readonly Outcome[]): Promise<DemoRow[]> {
  const events = await allEvents(stage);
  const report = await ask<{ ok: boolean; entries: number }>(stage, 'POST', '/v1/audit/verify');
  const sides = (['github', 'stripe'] as const).map((provider) => sideOf(provider, stage, outcomes, events));
  const [github, stripe] = sides as [Side, Side];
  const row = (what: string, figure: (side: Side) => string | number, holds: (side: Side) => boolean): DemoRow => ({
    what,
    github: String(figure(github)),
    stripe: String(figure(stripe)),
    holds: sides.every(holds),
  });
  return [
    row(
      'requests received',
      (side) => side.received,
      (side) => side.received === side.deliveries * 3,
    ),
    row(
      'deliveries accepted once',
      (side) => side.events,
      (side) => side.events === side.deliveries,
    ),
    row(
      '  their duplicates recognised',
      (side) => side.duplicates,
      (side) => side.duplicates >= side.deliveries,
    ),
    row(
      'forgeries refused',
      (side) => side.refused,
      (side) => side.refused === side.deliveries,
    ),
    row(
      'processed',
      (side) => side.completed,
      (side) => side.completed + side.unknown === side.deliveries,
    ),
    row(
      '  waiting for a decision: unknown',
      (side) => side.unknown,
      () => true,
    ),
    row(
      'effects in the internal tool',
      (side) => side.recorded,
      (side) => side.recorded === side.deliveries && side.recordedOnce,
    ),
    row(
      'messages in Slack',
      (side) => side.posted,
      (side) => side.postedOnce && side.posted >= side.completed && side.posted <= side.deliveries,
    ),
    {
      what: 'audit log verified',
      github: `${report.entries} entries`,
      stripe: report.ok ? 'yes' : 'NO',
      holds: report.ok,
    },
  ];
}

interface Side {
  deliveries: number;
  received: number;
  events: number;
  duplicates: number;
  refused: number;
  completed: number;
  unknown: number;
  recorded: number;
  recordedOnce: boolean;
  posted: number;
  postedOnce: boolean;
}

function sideOf(
  provider: 'github' | 'stripe',
  stage: Stage,
  outcomes: readonly Outcome[],
  events: readonly ShownEvent[],
): Side {
  const mine = outcomes.filter(({ delivery }) => delivery.provider === provider);
  const stored = events.filter((event) => event.provider === provider);
  const deliveries = stage.set.deliveries.filter((delivery) => delivery.provider === provider).length;
  const recorded = stage.tool.effects
    .map(({ body }) => (body as { delivery: string }).delivery)
    .filter((text) => text.startsWith(provider));
  const posted = stage.slack.posts.map(({ text }) => text ?? '').filter((text) => text.startsWith(provider));
  return {
    deliveries,
    received: mine.length,
    events: new Set(stored.map(({ key }) => key)).size,
    duplicates: mine.filter(({ kind, status, duplicate }) => kind !== 'forged' && status < 300 && duplicate).length,
    refused: mine.filter(({ kind, status }) => kind === 'forged' && status >= 400 && status < 500).length,
    completed: stored.filter(({ state }) => state === 'completed').length,
    unknown: stored.filter(({ jobs }) => jobs.some((job) => job.state === 'parked')).length,
    recorded: recorded.length,
    recordedOnce: new Set(recorded).size === recorded.length,
    posted: posted.length,
    postedOnce: new Set(posted).size === posted.length,
  };
}

function hex(random: SeededRandom): string {
  return Buffer.from(random.bytes(24)).toString('hex');
}

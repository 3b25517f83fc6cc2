/** Handlers that throw, loop, never end, eat memory or leave; and those beside them. */
import {
  allEvents,
  drained,
  freePort,
  githubDelivery,
  internalTool,
  pause,
  readyMs,
  send,
  startServer,
  toolEnv,
  workspace,
  writeConfig,
} from '../harness.mjs';

const NEIGHBOURS = 60;
const DEADLINE_MS = 1_500;

/** The event that starts it, its code, and what the dead letter has to say. */
const BAD = [
  ['fork', 'throws', "throw new Error('this one always throws')", /this one always throws/],
  ['star', 'throws nothing', 'throw undefined', /./],
  ['watch', 'loops', 'for (;;);', /time|deadline/i],
  ['member', 'never ends', 'await new Promise(() => {})', /time|deadline/i],
  [
    'push',
    'eats memory',
    'const hoard = []; for (;;) hoard.push(new Array(10_000).fill(hoard.length));',
    /memory|thread/,
  ],
  ['release', 'leaves', 'process.exit(3)', /thread|exit/],
  [
    'delete',
    'rejects behind its back',
    "void Promise.reject(new Error('loose')); await new Promise(() => {})",
    /loose|thread|time/,
  ],
];

const ANY_SIZE = 64;

/** @returns {Promise<[boolean, string][]>} */
export async function handlers() {
  const dir = workspace('bad-handlers');
  const port = await freePort();
  const tool = await internalTool({ delayMs: 50 });
  const bad = BAD.map(
    ([event, name, code]) =>
      `on('github', '${event}.*', { name: '${name.replaceAll(' ', '-')}', maxAttempts: 2, deadlineMs: ${DEADLINE_MS} }, async () => { ${code} }),`,
  );
  const slots = `jobs: { threads: 2, heapMb: ${ANY_SIZE} },`;
  writeConfig(dir, tool, slots, bad.join('\n'), 'issues.*');
  const server = startServer(dir, port, { env: toolEnv(tool) });
  if ((await readyMs(server.url)) === undefined) return [[false, `never ready\n${server.output.text}`]];

  const good = Array.from({ length: NEIGHBOURS }, () => githubDelivery());
  const wicked = BAD.map(([event]) => githubDelivery({ event }));
  for (const [index, delivery] of good.entries()) {
    await send(`${server.url}/in/github`, delivery);
    if (index % 5 === 0 && wicked[index / 5] !== undefined) await send(`${server.url}/in/github`, wicked[index / 5]);
    await pause(20);
  }
  const isDrained = await drained(dir, server.url, 120_000);
  const events = await allEvents(dir, server.url);
  const statements = [[isDrained, 'every job of the bad handlers and of the good one has ended']];
  BAD.forEach(([, name, , says], index) => {
    const [job] = events.get(wicked[index].id)?.jobs ?? [];
    const holds = job?.state === 'dead' && job.attempts === 2 && says.test(job.error ?? '');
    statements.push([holds, `a handler that ${name}: ${job?.state} after ${job?.attempts} tries: ${job?.error}`]);
  });
  const jobs = good.map(({ id }) => events.get(id)?.jobs.find(({ handler }) => handler === 'record'));
  const unharmed = jobs.filter((job) => job?.state === 'completed').length;
  const counted = jobs.filter((job) => job !== undefined && job.attempts !== 1);
  const doubled = good.filter(({ id }) => tool.effects.get(id) !== 1);
  statements.push([
    unharmed === NEIGHBOURS && doubled.length === 0,
    `${unharmed} of ${NEIGHBOURS} neighbours took effect once`,
  ]);
  for (const { attempts, error } of counted) console.log(`a neighbour with ${attempts} tries: ${error}`);
  statements.push([counted.length === 0, `${counted.length} neighbours were counted a try that was not theirs`]);
  server.child.kill('SIGTERM');
  const { code } = await server.exited;
  tool.close();
  statements.push([code === 0, `ends with exit code ${code}`]);
  return statements;
}

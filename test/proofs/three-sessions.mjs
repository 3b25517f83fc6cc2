/**
 * three-sessions: three agents over stdio, a command and `dev` are started together on one data directory. Each agent
 * lists the tools and calls one, the command answers, `dev` gets its turn, and at no moment have two processes the
 * database open for writing. Then the three agents make the same write at once, and it takes place once.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { conclude, freePort, isFull, MAIN, pause, readyMs, startServer, until, workspace } from './harness.mjs';

const ROUNDS = isFull ? 10 : 2;
const SESSIONS = 3;

/** The processes of ours that have the database open for writing, as the kernel sees it. */
function writers(pids, database) {
  return pids.filter((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== database) return false;
        const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))[1], 8);
        return (flags & 0b11) !== 0;
      });
    } catch {
      return false;
    }
  });
}

async function session(cwd, env, mode) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MAIN, 'mcp', 'stdio', '--session', 'one-and-the-same'],
    cwd,
    env,
    stderr: 'ignore',
  });
  const client = new Client({ name: 'proof', version: '1' }, { versionNegotiation: { mode } });
  const startedMs = performance.now();
  await client.connect(transport);
  const { tools } = await client.listTools();
  const listedMs = performance.now() - startedMs;
  const answer = await client.callTool({ name: 'events_list', arguments: {} });
  return { client, pid: transport.pid, tools: tools.length, listedMs, isAnswered: answer.isError !== true };
}

function command(cwd, env) {
  const child = spawn(process.execPath, [MAIN, 'event', 'list', '--json'], { cwd, env, stdio: 'ignore' });
  return { pid: child.pid, exit: new Promise((resolve) => child.once('exit', resolve)) };
}

async function round(number) {
  const dir = workspace('three-sessions');
  const database = join(dir, '.fairlead', 'fairlead.db');
  const port = await freePort();
  const env = { PATH: process.env.PATH, HOME: dir, FAIRLEAD_PORT: String(port), FAIRLEAD_LOG_LEVEL: 'warn' };
  const dev = startServer(dir, port, { args: ['dev'] });
  const line = command(dir, env);
  const modes = ['legacy', 'auto', 'legacy'];
  const opening = Promise.all(modes.map((mode) => session(dir, env, mode)));
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const pids = [dev.child.pid, line.pid, ...children()];
      if (existsSync(database)) most = Math.max(most, writers([...new Set(pids)], database).length);
      await pause(20);
    }
  })();
  const sessions = await opening;
  const exit = await line.exit;
  const url = `http://127.0.0.1:${port}`;
  const isReady = await until(async () => (await readyMs(url, 500)) !== undefined, 30_000);
  const write = { name: 'slack_send_message', arguments: { channel: '#general', text: `round ${number}` } };
  const written = await Promise.all(sessions.map(({ client }) => client.callTool(write)));
  const settled = await Promise.all(sessions.map(({ client }) => client.callTool(write)));
  isOver = true;
  await watching;
  for (const { client } of sessions) await client.close();
  dev.child.kill('SIGTERM');
  await dev.exited;
  const states = [...written, ...settled].map(({ structuredContent }) => structuredContent.state);
  const calls = new Set([...written, ...settled].map(({ structuredContent }) => structuredContent.callId));
  return { sessions, exit, isReady, most, states, calls: calls.size };
}

/** Processes that this one has started. */
function children() {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
}

const statements = [];
const check = (holds, what) => statements.push([holds, what]);
const listed = [];
for (let number = 1; number <= ROUNDS; number++) {
  const { sessions, exit, isReady, most, states, calls } = await round(number);
  listed.push(...sessions.map(({ listedMs }) => listedMs));
  console.log(
    `round ${number}: ${states.join(' ')}; ${calls} call; at most ${most} writer; command ended with ${exit}`,
  );
  check(
    sessions.length === SESSIONS && sessions.every((one) => one.isAnswered && one.tools > 10),
    'every session lists and is answered',
  );
  check(exit === 0, 'the command is answered');
  check(isReady, 'dev gets its turn');
  check(most === 1, 'one writer at a time');
  check(states.filter((state) => state === 'done').length === 1 && calls === 1, 'the write takes place once');
}
listed.sort((a, b) => a - b);
console.log(
  `start to first list: median ${Math.round(listed[listed.length >> 1])} ms, most ${Math.round(listed.at(-1))} ms`,
);
conclude(statements);

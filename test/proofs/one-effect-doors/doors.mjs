/**
 * The five doors as a caller finds them: each a real process that can be killed and started again. A call that got no
 * answer is `undefined`.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { MAIN, freePort, pause, readyMs, send, startServer } from '../harness.mjs';

const LIBRARY = fileURLToPath(new URL('library-process.mjs', import.meta.url));
const SESSION = 'one-and-the-same';
const tokenIn = (dir) => JSON.parse(readFileSync(join(dir, '.fairlead/keys/local.json'), 'utf8')).token;

/** @typedef {{call(action: string, input: object, key: string): Promise<{state: string} | undefined>, kill(): Promise<void>, close(): Promise<void>}} Door */

async function served(dir, env) {
  const port = await freePort();
  let server;
  const open = async () => {
    server = startServer(dir, port, { env });
    if ((await readyMs(server.url, 30_000)) === undefined) throw new Error(server.output.text.slice(-500));
  };
  await open();
  return {
    url: server.url,
    open,
    async kill() {
      server.child.kill('SIGKILL');
      await server.exited;
    },
    async close() {
      server.child.kill('SIGTERM');
      await server.exited;
    },
  };
}

export async function restDoor(dir, env) {
  const server = await served(dir, env);
  return {
    ...server,
    async call(action, input, key) {
      const headers = {
        authorization: `Bearer ${tokenIn(dir)}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      };
      const { status, text } = await send(`${server.url}/v1/actions/${action}`, {
        headers,
        body: JSON.stringify(input),
      });
      return status === 0 ? undefined : stateIn(JSON.parse(text));
    },
  };
}

const stateIn = (body) => ({ state: body.state ?? body.call?.state ?? 'failed' });

/** Without a key: three calls are one because they say the same. */
async function toolCall(client, action, input) {
  const name = 'actions_run';
  const given = { name: action, input };
  const { structuredContent } = await client.callTool({ name, arguments: given }, { timeout: 30_000 });
  return { state: structuredContent.state ?? 'failed' };
}

export async function mcpHttpDoor(dir, env) {
  const server = await served(dir, env);
  return {
    ...server,
    async call(action, input) {
      const client = new Client({ name: 'proof', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      const headers = { authorization: `Bearer ${tokenIn(dir)}`, 'fairlead-agent-session': SESSION };
      try {
        await client.connect(
          new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers } }),
        );
        return await toolCall(client, action, input);
      } catch {
        return undefined;
      } finally {
        await client.close().catch(() => undefined);
      }
    },
  };
}

export async function mcpStdioDoor(dir, env) {
  let client;
  let pid;
  const open = async () => {
    const args = [MAIN, 'mcp', 'stdio', '--session', SESSION];
    const transport = new StdioClientTransport({ command: process.execPath, args, cwd: dir, env, stderr: 'ignore' });
    client = new Client({ name: 'proof', version: '1' });
    await client.connect(transport);
    ({ pid } = transport);
  };
  await open();
  return {
    open,
    call: (action, input) => toolCall(client, action, input).catch(() => undefined),
    async kill() {
      process.kill(pid, 'SIGKILL');
      await client.close().catch(() => undefined);
    },
    close: () => client.close(),
  };
}

export async function cliDoor(dir, env) {
  let child;
  return {
    open: async () => undefined,
    call(action, input, key) {
      const args = [MAIN, 'action', 'run', action, '--input-file', '-', '--idempotency-key', key, '--json'];
      child = spawn(process.execPath, args, { cwd: dir, env, stdio: ['pipe', 'pipe', 'ignore'] });
      child.stdin.on('error', () => {});
      child.stdin.end(JSON.stringify(input));
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
      return new Promise((resolve) => child.on('close', () => resolve(answerIn(text))));
    },
    async kill() {
      child.kill('SIGKILL');
    },
    close: async () => undefined,
  };
}

function answerIn(text) {
  try {
    return stateIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function libraryDoor(dir, env, options) {
  let child;
  let answers;
  const open = async () => {
    const argument = JSON.stringify({ fairlead: { dataDir: join(dir, '.fairlead'), ...options } });
    child = spawn(process.execPath, [LIBRARY, argument], { cwd: dir, env, stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {});
    answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await answers.next();
  };
  await open();
  return {
    open,
    async call(action, input, idempotencyKey) {
      child.stdin.write(`${JSON.stringify({ action, input, idempotencyKey })}\n`);
      const { value, done } = await answers.next();
      return done ? undefined : stateIn(JSON.parse(value));
    },
    async kill() {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    },
    async close() {
      child.stdin.end();
      await Promise.race([new Promise((resolve) => child.once('close', resolve)), pause(5_000)]);
      child.kill('SIGKILL');
    },
  };
}

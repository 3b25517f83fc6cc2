/**
 * Makes `*.compiled` beside the files of a build that a start loads: V8's code for all that a server runs until its
 * first answer. A server is started in this very process, takes one webhook, and its threads are asked for their code.
 * What cannot be made is left out: then a start compiles, as on every other version of Node.
 *
 *     node scripts/compile-ahead.mjs <folder of the build>
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BroadcastChannel, setEnvironmentData } from 'node:worker_threads';
import { runNode } from './command.mjs';

/** As src/host/compiled-module.ts has it. */
const KEEP_COMPILED = 'fairlead.keepCompiled';
const CHANNEL = 'fairlead.compileAhead';
const PARTS = ['core.cjs', 'server.cjs', 'writer-thread-code.cjs'];
const GIVE_UP_MS = 60_000;
const SECRET = 'a secret for one webhook';
const CONFIG = `import { defineConfig, on } from 'fairlead';
export default defineConfig({ handlers: [on('github', '*', { name: 'any' }, async () => undefined)] });
`;

/** In a process of its own, because a server ends with its process. */
export async function compileAhead(outdir) {
  const { code, output } = await runNode([import.meta.filename, outdir], { quiet: true });
  if (code !== 0) throw new Error(`the code that a start loads could not be made:\n${output}`);
}

async function serve(outdir, folder) {
  setEnvironmentData(KEEP_COMPILED, CHANNEL);
  writeFileSync(join(folder, 'fairlead.config.mjs'), CONFIG);
  Object.assign(process.env, {
    FAIRLEAD_DATA_DIR: join(folder, 'data'),
    FAIRLEAD_PORT: '0',
    FAIRLEAD_LOG_LEVEL: 'error',
    AUDIT_LOG_PATH: join(folder, 'audit.ndjson'),
    GITHUB_WEBHOOK_SECRET: SECRET,
  });
  process.chdir(folder);
  process.argv = [process.execPath, join(outdir, 'main.cjs'), 'serve'];
  // It goes on until the process ends.
  void import(pathToFileURL(join(outdir, 'main.cjs')).href);
  const server = join(folder, 'data/server.json');
  while (!existsSync(server)) await new Promise((resolve) => setTimeout(resolve, 20));
  const { url } = JSON.parse(readFileSync(server, 'utf8'));
  await deliver(url, 'first');
  await deliver(url, 'second');
}

async function deliver(url, id) {
  const body = JSON.stringify({ action: 'opened', issue: { id, number: 1 }, repository: { full_name: 'a/b' } });
  const { status } = await fetch(`${url}/in/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
  });
  if (status !== 202) throw new Error(`a webhook got ${status}`);
}

/** Each part answers with its path once its code is written. */
async function askForCode() {
  const channel = new BroadcastChannel(CHANNEL);
  const missing = new Set(PARTS);
  const all = new Promise((resolve) => {
    channel.addEventListener('message', ({ data }) => {
      for (const part of missing) if (data.endsWith(part)) missing.delete(part);
      if (missing.size === 0) resolve();
    });
  });
  channel.postMessage('now');
  await all;
}

/** A start with half a file of code compiles, and nobody sees that it need not. */
function checkCode(path) {
  const { size } = statSync(`${path}.compiled`);
  if (size < statSync(path).size / 2) throw new Error(`the code of ${path} has ${size} bytes`);
}

if (process.argv[1] === import.meta.filename) {
  const [, , outdir] = process.argv;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-compile-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  setTimeout(() => {
    console.error('no answer');
    process.exit(1);
  }, GIVE_UP_MS);
  try {
    await serve(outdir, folder);
    await askForCode();
    for (const part of PARTS) checkCode(join(outdir, part));
    process.exit(0);
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
}

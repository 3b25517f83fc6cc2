/**
 * spec-search: the package is packed and installed into an empty directory without anybody's scripts; there, questions in
 * a user's words are put to `fairlead spec search`, and the right operation must be among the first three. No key, no
 * connection, no network.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conclude, runToEnd, workspace } from './harness.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const QUESTIONS = JSON.parse(readFileSync(join(ROOT, 'test/spec/questions.json'), 'utf8'));
const FIRST = 3;
/** The registry cannot be reached: no finding about the package. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)\b/;

const dir = workspace('spec-search');
const statements = [];
// What `npm run prove` has seen to be current is packed as it is.
const packed = await runToEnd('npm', ['pack', '--ignore-scripts', '--pack-destination', dir], { cwd: ROOT });
const tarball = join(dir, readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? 'missing.tgz');
const home = join(dir, 'empty');
mkdirSync(home);
writeFileSync(join(home, 'package.json'), '{"private":true}\n');
const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball];
const installed = await runToEnd('npm', install, { cwd: home });
if (installed.code !== 0 && OFFLINE.test(installed.stderr)) {
  console.log('the registry cannot be reached');
  process.exit(77);
}
statements.push([packed.code === 0 && installed.code === 0, 'packed, and installed without scripts']);

const MAIN = join(home, 'node_modules/fairlead/dist/main.js');
const fairlead = async (...words) => {
  const { stdout } = await runToEnd(process.execPath, [MAIN, ...words, '--json'], { cwd: home });
  return JSON.parse(stdout || '{}');
};

let right = 0;
let first = 0;
for (const [provider, question, wanted] of QUESTIONS) {
  const { operations = [] } = await fairlead('spec', 'search', provider, question);
  const at = operations.slice(0, FIRST).findIndex(({ name }) => name === wanted);
  right += at >= 0 ? 1 : 0;
  first += at === 0 ? 1 : 0;
  if (at < 0) console.log(`${provider}, "${question}": ${operations.slice(0, FIRST).map(({ name }) => name)}`);
}
statements.push([
  right === QUESTIONS.length,
  `${right} of ${QUESTIONS.length} in the first ${FIRST}, ${first} the very first`,
]);
const shown = await fairlead('spec', 'show', 'stripe', 'refundPayment');
statements.push([
  shown.endpoint === 'POST /refunds' || shown.fields?.length > 0,
  `spec show: ${shown.endpoint}, ${shown.fields?.length} fields`,
]);
conclude(statements);

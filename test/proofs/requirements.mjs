/**
 * `npm run prove -- s-tests`: runs every test whose title, or whose group's, names a requirement of sign-in, sessions or
 * tenants, and fails where one of the ids has none, or one that was only skipped.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => `S-${first + at}`);
const IDS = [...range(401, 411), ...range(501, 506), ...range(701, 708)];
const NAMED = /S-(4\d\d|5\d\d|7\d\d)\b/;

const files = ['src', 'test']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, String(name))))
  .filter((name) => name.endsWith('.test.ts') && NAMED.test(readFileSync(join(ROOT, name), 'utf8')));

const vitest = await startVitest('test', files, {
  root: ROOT,
  watch: false,
  reporters: [['default', { summary: false }]],
  testNamePattern: NAMED,
});
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
const broken = vitest.state.getTestModules().filter((module) => module.state() === 'failed').length;
await vitest.close();

let missing = 0;
for (const id of IDS) {
  const named = tests.filter((test) => test.fullName.includes(id) || test.fullName.includes(`${id},`));
  const passed = named.filter((test) => test.result().state === 'passed').length;
  const failed = named.filter((test) => test.result().state === 'failed').length;
  if (passed === 0 || failed > 0) missing += 1;
  console.log(`${id}  ${passed} passed, ${failed} failed${passed === 0 ? '  NO TEST' : ''}`);
}
const holds = missing === 0 && broken === 0;
console.log(`${IDS.length - missing} of ${IDS.length} requirements have tests that pass, in ${files.length} files`);
process.exit(holds ? 0 : 1);

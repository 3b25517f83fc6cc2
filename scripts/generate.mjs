/**
 * `npm run generate`: writes every file that is made from another one. `-- --check` writes nothing and fails when one
 * of them is not what it would be.
 *
 * A generator is a file `scripts/generate-<what>.mjs` that exports
 * `outputs(): Promise<Record<path, text>>`, paths relative to the checkout. It says what a file holds; formatting
 * (unless .prettierignore names the file), writing and comparing happen here.
 *
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, getFileInfo, resolveConfig } from 'prettier';
import { ROOT } from './command.mjs';

async function formatted(path, text) {
  const filepath = join(ROOT, path);
  const info = await getFileInfo(filepath, { ignorePath: join(ROOT, '.prettierignore') });
  if (info.ignored || info.inferredParser === null) return text.endsWith('\n') ? text : `${text}\n`;
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

/** Path -> text of everything that is generated. */
async function everyOutput() {
  const generators = readdirSync(join(ROOT, 'scripts')).filter((name) => /^generate-.*\.mjs$/.test(name));
  const all = {};
  for (const generator of generators.sort()) {
    const { outputs } = await import(`./${generator}`);
    for (const [path, text] of Object.entries(await outputs())) {
      if (all[path]) throw new Error(`Two generators write ${path}; one of them is scripts/${generator}`);
      all[path] = await formatted(path, text);
    }
  }
  return all;
}

const current = (path) => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : undefined);

const stale = Object.entries(await everyOutput()).filter(([path, text]) => current(path) !== text);
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is not current: run \`npm run generate\``);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    console.error(`Wrote ${path}`);
  }
}

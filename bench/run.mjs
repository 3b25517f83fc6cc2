/**
 * `npm run bench -- <name>`: measures ours and the peers that are installed, in rounds that take turns, prints a table
 * and writes bench/results/<name>[-<store>].json. See bench/README.md.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from './measure/table.mjs';

const HERE = import.meta.dirname;
const ROOT = dirname(HERE);
const NAMES = readdirSync(HERE)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .map((file) => file.slice(0, -'.mjs'.length));

const USAGE = `npm run bench -- <${NAMES.join('|')}> [options]

  --store sqlite|postgres   what ours keeps its events in (default sqlite)
  --rounds N                rounds (default: the bench's own, at least 5 where designs are compared)
  --seconds S               how long each cell is measured
  --connections 64,256      ingest: connections of the load generator
  --concurrency 16,64       queue: jobs at a time
  --only a,b                only these designs
  --full                    the sizes the claims name, where they differ from the default
  --node-args="..."         arguments for the node that runs ours, e.g. "--cpu-prof --cpu-prof-dir=/tmp/p"
  --json FILE               writes the result there as well`;

function numbers(text) {
  return text?.split(',').map(Number);
}

function readArguments() {
  const text = { type: 'string' };
  const options = { store: text, rounds: text, seconds: text, connections: text, concurrency: text, only: text };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...options, full: { type: 'boolean' }, 'node-args': text, json: text, help: { type: 'boolean' } },
  });
  if (values.help || positionals.length !== 1 || !NAMES.includes(positionals[0])) {
    console.error(USAGE);
    process.exit(values.help ? 0 : 64);
  }
  return { values, name: positionals[0] };
}

function commit() {
  const git = (...args) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    return (
      git('rev-parse', 'HEAD').trim() + (git('status', '--porcelain', '--', 'src').trim() === '' ? '' : '-modified')
    );
  } catch {
    return 'unknown';
  }
}

const { values, name } = readArguments();
const bench = await import(`./${name}.mjs`);
const store = values.store ?? 'sqlite';
const dir = join(ROOT, '.tmp', `bench-${process.pid}`);
mkdirSync(dir, { recursive: true });
process.on('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));

const { rows, ratios, skipped } = await bench.run({
  dir,
  store,
  rounds: Number(values.rounds ?? bench.describe.rounds),
  seconds: Number(values.seconds ?? bench.describe.seconds),
  connections: numbers(values.connections),
  concurrency: numbers(values.concurrency),
  only: values.only?.split(','),
  full: values.full ?? false,
  nodeArgs: values['node-args']?.split(' ') ?? [],
  say: (line) => console.error(line),
});

const result = {
  bench: name,
  store,
  commit: commit(),
  node: process.version,
  cpus: cpus().length,
  rows,
  ratios,
  skipped,
};
const file = join(HERE, 'results', `${name}${values.store === undefined ? '' : `-${store}`}.json`);
for (const path of [file, ...(values.json === undefined ? [] : [resolve(values.json)])]) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
}
console.log(table(result));
console.log(`\nwritten to ${file.slice(ROOT.length + 1)}`);

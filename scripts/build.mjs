/**
 * `npm run build`: src/ -> dist/.
 *
 * What the server starts with is two files, see server-bundle.mjs; what is imported dynamically stays out of them and is
 * bundled with code splitting. All files lie side by side in dist/: a path relative to `import.meta.url` means the same
 * in each of them. `verify.js` is one file with nothing beside it, because people bundle it into theirs, and so are the
 * threads of the store, which share messages with the rest and nothing else. The new dist/ replaces the old
 * one by a rename, so that whoever starts `dist/main.cjs` meanwhile finds one whole build or the other.
 *
 *     node scripts/build.mjs [--no-types] [--quiet]
 *
 * @module
 */
import { build } from 'esbuild';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT, runNode, tool } from './command.mjs';
import { compileAhead } from './compile-ahead.mjs';
import { buildServer, checkLight, COMMONJS } from './server-bundle.mjs';

/**
 * The program loads everything late, so that it can start a thread before. It is CommonJS, which Node begins to run
 * 4 ms sooner than an ES module; `main.js` is for who calls it by that name.
 */
const MAIN = { main: 'src/main.ts' };
const MAIN_FACE = "#!/usr/bin/env node\nimport './main.cjs';\n";
/** Output name -> source of the export paths. A source that does not exist is left out. */
const ENTRIES = {
  index: 'src/index.ts',
  connector: 'src/connector.ts',
  testing: 'src/testing/index.ts',
};
const VERIFY = { verify: 'src/verify.ts' };
/** Share nothing with the rest, either. */
const ALONE = { client: 'src/client.ts', sendgrid: 'src/sendgrid/index.ts', mail: 'src/mail.ts' };

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  minifySyntax: true,
  minifyWhitespace: true,
  // Node prints the whole line of an error that nobody caught.
  lineLimit: 160,
  logLevel: 'warning',
};

/** Files named `x-thread.ts` are what a worker thread starts with, wherever they lie. */
function threadEntries() {
  const entries = {};
  for (const file of readdirSync(join(ROOT, 'src'), { recursive: true })) {
    if (!file.endsWith('-thread.ts')) continue;
    const name = basename(file, '.ts');
    if (entries[name]) throw new Error(`Two thread entries are called ${name}: ${entries[name]} and src/${file}`);
    entries[name] = `src/${file}`;
  }
  return entries;
}

const present = (entries) =>
  Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(ROOT, file))));

/** Threads that share messages with the rest and nothing else; the others run the code of users, with our classes. */
const isAlone = ([, file]) => file.startsWith('src/storage/');

/** Loads a thread's code from what was compiled of it, see compile-ahead.mjs. */
const starterOf = (name) => ({
  contents: `import { loadCompiled } from './src/host/compiled-module.js';
loadCompiled(require('node:path').join(__dirname, '${name}-code.cjs'));`,
  resolveDir: ROOT,
  loader: 'ts',
});

async function bundle(outdir) {
  const threads = Object.entries(threadEntries());
  const packages = 'external';
  const { plugin, late, entries } = await buildServer(OPTIONS, outdir, VERIFY);
  const { index, ...rest } = present(ENTRIES);
  const shared = {
    ...rest,
    ...Object.fromEntries(threads.filter((entry) => !isAlone(entry))),
    ...entries,
  };
  const alone = threads.filter(isAlone).map(([name, file]) => [
    { in: file, out: `${name}-code` },
    { stdin: starterOf(name), outfile: join(outdir, `${name}.cjs`) },
  ]);
  const split = { splitting: true, packages, chunkNames: '[name]-[hash]' };
  const inCommonJs = { ...OPTIONS, ...COMMONJS, packages };
  const [{ metafile }] = await Promise.all([
    build({ ...OPTIONS, entryPoints: { index }, packages, plugins: [plugin], outdir, metafile: true }),
    build({ ...OPTIONS, ...split, entryPoints: shared, plugins: [plugin], outdir }),
    build({ ...inCommonJs, entryPoints: MAIN, plugins: [late], outdir, outExtension: { '.js': '.cjs' } }),
    build({ ...inCommonJs, entryPoints: alone.map(([code]) => code), outdir, outExtension: { '.js': '.cjs' } }),
    ...alone.map(([, starter]) => build({ ...inCommonJs, ...starter })),
    build({ ...OPTIONS, entryPoints: { ...VERIFY, ...ALONE }, outdir }),
  ]);
  checkLight(metafile, 'index.js');
  writeFileSync(join(outdir, 'main.js'), MAIN_FACE);
  for (const file of ['main.js', 'main.cjs']) chmodSync(join(outdir, file), 0o755);
}

async function declareTypes(outdir) {
  const [tsc] = tool('typescript', 'tsc');
  const { code } = await runNode([tsc, '-p', 'tsconfig.build.json', '--outDir', join(outdir, 'types')]);
  if (code !== 0) throw new Error('tsc -p tsconfig.build.json found errors, listed above');
}

/**
 * The folder's time is set to the moment the build began: a source saved during the build is newer than it. Another
 * build may do the same at this moment; then the later one stays.
 */
function replaceDist(built, beganAt) {
  utimesSync(built, beganAt, beganAt);
  const dist = join(ROOT, 'dist');
  const old = `${built}-old`;
  for (let tries = 0; ; tries += 1) {
    try {
      renameSync(built, dist);
      return;
    } catch (error) {
      if (tries === 5 || !['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    }
    rmSync(old, { recursive: true, force: true });
    try {
      renameSync(dist, old);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    rmSync(old, { recursive: true, force: true });
  }
}

/** @param {{types?: boolean}} [options] */
export async function buildAll({ types = true } = {}) {
  const beganAt = new Date();
  const outdir = join(ROOT, '.tmp', `build-${process.pid}`);
  mkdirSync(outdir, { recursive: true });
  try {
    const compiled = bundle(outdir).then(() => compileAhead(outdir));
    await Promise.all([compiled, types ? declareTypes(outdir) : undefined]);
    replaceDist(outdir, beganAt);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const flags = new Set(process.argv.slice(2));
  buildAll({ types: !flags.has('--no-types') }).then(
    () => flags.has('--quiet') || console.error('Built dist/'),
    (error) => {
      // esbuild and tsc have printed what is wrong, with file and line.
      console.error(`The build failed: ${error.message.split('\n')[0]}`);
      process.exitCode = 1;
    },
  );
}

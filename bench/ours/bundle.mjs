/**
 * Bundles a bench's own TypeScript entry together with the product's sources, where the built product has no door: the
 * queue without HTTP, the table of schemes.
 *
 * @module
 */
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Threads are started from files beside the program, as in dist/. */
function threadEntries() {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true }).filter((file) => file.endsWith('-thread.ts'));
  return Object.fromEntries(files.map((file) => [basename(file, '.ts'), join(ROOT, 'src', file)]));
}

/**
 * @param {string} name of a file in bench/ours, without `.ts`.
 * @param {string} dir inside the checkout, so that the packages are found.
 * @param {{threads?: boolean}} [options] `threads`: it starts threads, and handlers in them import the library.
 * @returns {Promise<string>} the bundled program.
 */
export async function bundle(name, dir, { threads = false } = {}) {
  const outdir = join(dir, 'bundle');
  const beside = threads ? { index: join(ROOT, 'src/index.ts'), ...threadEntries() } : {};
  await build({
    entryPoints: { [name]: join(import.meta.dirname, `${name}.ts`), ...beside },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    tsconfig: join(ROOT, 'tsconfig.json'),
  });
  return join(outdir, `${name}.js`);
}

/**
 * Builds dist/ when it is missing or older than what it is made of; else says and does nothing. Types are left out:
 * nothing that runs needs them.
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './command.mjs';

const modifiedMs = (path) => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Folders count, too: a file that was taken away leaves no other trace. */
function newestMs(folder) {
  let newest = modifiedMs(folder);
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) newest = Math.max(newest, newestMs(path));
    else if (!entry.name.endsWith('.test.ts')) newest = Math.max(newest, modifiedMs(path));
  }
  return newest;
}

export function isBuilt() {
  const builtMs = modifiedMs('dist');
  return (
    builtMs > 0 && builtMs >= Math.max(newestMs('src'), modifiedMs('package.json'), modifiedMs('scripts/build.mjs'))
  );
}

export async function ensureBuilt() {
  if (isBuilt()) return;
  const { buildAll } = await import('./build.mjs');
  await buildAll({ types: false });
}

if (process.argv[1] === import.meta.filename) {
  ensureBuilt().catch((error) => {
    console.error(`The build failed: ${error.message.split('\n')[0]}`);
    process.exitCode = 1;
  });
}

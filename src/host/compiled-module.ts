/**
 * A file of the build, run from what V8 made of it when it was built: compiling takes longer than anything else that a
 * start does. Without that, or where it is another engine's or another text's, the file is compiled as always.
 *
 * Loads next to nothing: it is what a program and its threads begin with.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import { BroadcastChannel, getEnvironmentData } from 'node:worker_threads';

const HASH_BYTES = 32;

/** Where a program that is run only to be compiled says so, with the name of the channel on which it asks for it. */
export const KEEP_COMPILED = 'fairlead.keepCompiled';

/**
 * @param path of a CommonJS file, absolute; whoever requires it after this gets the same instance
 * @returns what it exports
 */
export function loadCompiled(path: string): unknown {
  const require = createRequire(path);
  const source = readFileSync(path, 'utf8');
  const script = new Script(Module.wrap(source), {
    filename: path,
    cachedData: readCompiled(path, source),
  });
  const module = new Module(path);
  module.filename = path;
  // All files of a build lie side by side: imported from here is imported from there.
  Object.assign(module, { importLate: (name: string): Promise<unknown> => import(name) });
  require.cache[path] = module;
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  run.call(module.exports, module.exports, require, module, path, dirname(path));
  module.loaded = true;
  keepOnRequest(path, source, script);
  return module.exports;
}

const compiledPath = (path: string): string => `${path}.compiled`;

/** `undefined` when there is nothing for this very text. V8 itself refuses what another version of it has made. */
function readCompiled(path: string, source: string): Buffer | undefined {
  try {
    const kept = readFileSync(compiledPath(path));
    return hashOf(source).equals(kept.subarray(0, HASH_BYTES)) ? kept.subarray(HASH_BYTES) : undefined;
  } catch {
    return undefined;
  }
}

/** Not imported: a program starts a thread before it needs this. */
function hashOf(source: string): Buffer {
  const { hash } = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
  return hash('sha256', source, 'buffer');
}

/** What the run until then has compiled, later functions included, for the next runs. */
function keepOnRequest(path: string, source: string, script: Script): void {
  const name = getEnvironmentData(KEEP_COMPILED);
  if (typeof name !== 'string') return;
  const channel = new BroadcastChannel(name);
  channel.unref();
  // Once: every answer is heard by all who are asked, and whoever wrote again at it was cut off in the middle.
  const write = (): void => {
    writeFileSync(compiledPath(path), Buffer.concat([hashOf(source), script.createCachedData()]));
    channel.postMessage(path);
  };
  channel.addEventListener('message', write, { once: true });
}

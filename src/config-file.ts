/**
 * Finds and loads `fairlead.config.{ts,mts,mjs,js,json}`. TypeScript goes through jiti, because Node 20 cannot import
 * it; `import ... from 'fairlead'` resolves to the running package, in the main thread and in handler threads alike.
 * JavaScript that finds the running package by itself is imported as it is: every start waits for its configuration.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TransformOptions } from 'jiti';
import { AppError } from './core/errors.js';

/** What jiti made of the files of a configuration, under a hash of what it was to make it of. */
export type MadeCode = Map<string, string>;

const NAMES = ['ts', 'mts', 'mjs', 'js', 'json'].map((extension) => `fairlead.config.${extension}`);

export function findConfigFile(directory: string): string | undefined {
  return NAMES.map((name) => join(directory, name)).find((path) => existsSync(path));
}

/**
 * @param made what another thread made of these files, or a place for what is made of them here
 * @throws AppError `config_invalid` with file and, where it can be known, line.
 */
export async function loadConfigFile(path: string, made: MadeCode = new Map()): Promise<unknown> {
  let json: string | undefined;
  try {
    if (path.endsWith('.json')) return JSON.parse((json = await readFile(path, 'utf8'))) as unknown;
    const imported = findsUs(path) ? await importAsItIs(path) : undefined;
    return imported === undefined ? await importByJiti(path, made) : imported.value;
  } catch (error) {
    throw new AppError(
      'config_invalid',
      { where: path + lineOf(error, path, json), problem: problemOf(error) },
      { cause: error },
    );
  }
}

/** By `require`: an import would first read all of it for what it exports, which takes longer than to run it. */
async function importByJiti(path: string, made: MadeCode = new Map(), ofDefault = true): Promise<unknown> {
  const transform = (options: TransformOptions) => ({ code: makeOnce(options, made) });
  const jiti = requireJiti().createJiti(import.meta.url, { ...PLAIN, alias: aliasesFor(path), transform });
  try {
    return await jiti.import(path, ofDefault ? { default: true } : {});
  } finally {
    forgetJiti();
  }
}

const PLAIN = { fsCache: false, moduleCache: false } as const;

function requireJiti(): typeof import('jiti') {
  return createRequire(import.meta.url)('jiti') as typeof import('jiti');
}

/** Threads that find everything made already do without the Babel in jiti: 12 MB in each, and time at its start. */
function makeOnce(options: TransformOptions, made: MadeCode): string {
  const key = createHash('sha256').update(JSON.stringify(options)).digest('base64');
  const code = made.get(key) ?? make(options);
  made.set(key, code);
  return code;
}

/** Babel puts itself into all stack traces, and stays as long as it is there. */
function make(options: TransformOptions): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    return requireJiti()
      .createJiti(import.meta.url, PLAIN)
      .transform(options);
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/** Nobody needs jiti again, as a rule, and what Node keeps of it is 8 MB. Who does need it loads it again. */
function forgetJiti(): void {
  const { cache, resolve } = createRequire(import.meta.url);
  const folder = dirname(resolve('jiti/package.json')) + sep;
  for (const file of Object.keys(cache)) if (file.startsWith(folder)) delete cache[file];
}

/** Whether `fairlead`, said in this file, means the running package. */
function findsUs(path: string): boolean {
  if (!path.endsWith('.mjs') && !path.endsWith('.js')) return false;
  try {
    return createRequire(path).resolve('fairlead') === ownAliases()['fairlead'];
  } catch {
    return false;
  }
}

/** `undefined` when Node cannot load it, or something it imports, without help; then nothing of it has run. */
async function importAsItIs(path: string, ofDefault = true): Promise<{ value: unknown } | undefined> {
  try {
    const module = (await import(pathToFileURL(path).href)) as object;
    return { value: ofDefault && 'default' in module ? module.default : module };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')) return undefined;
    throw error;
  }
}

/** A connector is written with zod, which lies where Fairlead lies; a copy of the project's own comes first. */
function aliasesFor(path: string): Record<string, string> {
  const aliases = ownAliases();
  try {
    createRequire(path).resolve('zod');
    return aliases;
  } catch {
    const own = createRequire(import.meta.url).resolve('zod');
    return { ...aliases, 'zod/v4': own, zod: own };
  }
}

/** The package's own export paths, so that a configuration uses this Fairlead and no other copy of it. */
function ownAliases(): Record<string, string> {
  const built = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return Object.fromEntries(
    [
      ['fairlead/verify', built('verify')],
      ['fairlead/connector', built('connector')],
      ['fairlead/testing', built('testing')],
      ['fairlead', built('index')],
    ].filter((entry): entry is [string, string] => existsSync(entry[1]!)),
  );
}

/**
 * What a file of the user calls `connector`, or its default export.
 *
 * @throws AppError `config_invalid` with file and, where it can be known, line.
 */
export async function loadConnectorFile(path: string): Promise<unknown> {
  try {
    const imported = findsUs(path) ? await importAsItIs(path, false) : undefined;
    const module = (imported?.value ?? (await importByJiti(path, undefined, false))) as Record<string, unknown>;
    return module['connector'] ?? module['default'];
  } catch (error) {
    throw new AppError(
      'config_invalid',
      { where: path + lineOf(error, path), problem: problemOf(error) },
      { cause: error },
    );
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.split('\n')[0]!.slice(0, 300);
}

function lineOf(error: unknown, path: string, text?: string): string {
  if (!(error instanceof Error)) return '';
  const position = /at position (\d+)/.exec(error.message);
  if (text !== undefined && position !== null) return `:${text.slice(0, Number(position[1])).split('\n').length}`;
  const inMessage = /[:(](\d+):(\d+)\)?/.exec(error.message);
  if (error instanceof SyntaxError && inMessage !== null) return `:${inMessage[1]}`;
  const frame = error.stack?.split('\n').find((line) => line.includes(path));
  const match = frame === undefined ? null : /:(\d+):\d+\)?$/.exec(frame.trim());
  return match === null ? '' : `:${match[1]}`;
}

/**
 * The parts that some tests need and a machine may lack: programs, and the folder of provider specifications. Without
 * its part a test is skipped and the run says why; in CI a missing part is a failure.
 *
 *     const strace = requirePart('strace');
 *     describe.skipIf(!strace.available)('fsync before ack', () => { ... strace.path ... });
 *
 * @module
 */
import { accessSync, appendFileSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface PartDefinition {
  /** What it is needed for, in words that follow "for". */
  for: string;
  /** A program: its name, the package that has it, and where to look beside PATH (`*` for one folder). */
  binary?: string;
  debian?: string;
  folders?: string[];
  /** Or a folder: the variable that names it, and where it lies otherwise, relative to the checkout. */
  folder?: string;
  variable?: string;
}

export type Part = 'redis-server' | 'strace' | 'ip' | 'chromium' | 'postgres' | 'specs';

/** `path` is the program or the folder. */
export type Requirement =
  { available: true; path: string; reason?: undefined } | { available: false; path?: undefined; reason: string };

const PARTS = JSON.parse(readFileSync(join(ROOT, 'test/parts.json'), 'utf8')) as Record<Part, PartDefinition>;

/**
 * Whether a part is here, and where.
 *
 * @throws Error in CI (`CI=true`) when it is not.
 */
export function requirePart(part: Part, environment: NodeJS.ProcessEnv = process.env): Requirement {
  const definition = PARTS[part];
  const path =
    definition.binary === undefined ? findFolder(definition, environment) : findProgram(definition, environment);
  if (path !== undefined) return { available: true, path };
  const reason = `${part} is not here, needed for ${definition.for}`;
  if (environment.CI === 'true') throw new Error(`${reason}. In CI a missing part is a failure.`);
  if (environment.FAIRLEAD_SKIP_REASONS) appendFileSync(environment.FAIRLEAD_SKIP_REASONS, `${reason}\n`);
  return { available: false, reason };
}

function findFolder(
  { folder = '', variable = '' }: PartDefinition,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const path = resolve(ROOT, environment[variable] || folder);
  return existsSync(path) ? path : undefined;
}

function findProgram(
  { binary = '', folders = [] }: PartDefinition,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const places = [...(environment.PATH ?? '').split(delimiter).filter(Boolean), ...folders.flatMap(expand)];
  return places.map((place) => join(place, binary)).find(isExecutable);
}

/** A path with one star -> the folders that match, the newest version first. */
function expand(pattern: string): string[] {
  const [before, after] = pattern.split('*');
  if (after === undefined) return [pattern];
  if (!existsSync(dirname(`${before}x`))) return [];
  const names = readdirSync(before ?? '').sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return names.map((name) => `${before}${name}${after}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

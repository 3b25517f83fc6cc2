/** The half of `doctor --go-live` that lies in the project folder: its files, what git keeps, what CI is given. @module */
import { basename } from 'node:path';
import { leakedTokens } from '../../core/secret-shapes.js';
import { SecretSet } from '../../core/secret-set.js';
import type { Check } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';
import { isReference } from './secret-arguments.js';
import type { CliWorld } from './world.js';

const FILE_BYTES_MAX = 1024 * 1024;
const FILES_MAX = 20_000;
const NAMED_MAX = 5;
/** Looked at even where there is no git. */
const OWN_FILES = ['fairlead.config.ts', 'fairlead.config.mjs', 'fairlead.config.js', 'fairlead.config.json'];
const MORE_FILES = ['fairlead.policy.yaml', '.env.example', '.mcp.json', 'package.json'];
/** Files that hold secrets by intention, and therefore never belong into git. */
const PRIVATE_FILES = ['.env', '.env.local', '.env.production', '.fairlead'];
/** Forges keep them in a folder of their own, `.<forge>/workflows`, or in one file, `.<forge>-ci.yml`. */
const PIPELINES = /^(?:\.\w+\/(?:workflows\/[^/]+|config)|\.?[\w-]*(?:-ci|-pipelines))\.ya?ml$/;
/** What CI systems put in place of a secret when they run: `${{ secrets.X }}`, `$X`, `$(X)`. */
const FILLED_IN_LATER = /^["']?(?:\$\{\{[^}]*\}\}|\$\(?\w+\)?|\$\{\w+\})["']?$/;
const ASSIGNMENT = /^\s*-?\s*([A-Z][A-Z0-9_]{2,60})\s*[:=]\s*(\S.*?)\s*(?:#.*)?$/;
const SECRET_VARIABLE = /(?:_TOKEN|_SECRET|_KEYS?|_PASSWORD|_WEBHOOK_URL|_DATABASE_URL)$/;

interface Project {
  /** Relative to the working directory; absent when it is in no git repository. */
  tracked?: readonly string[];
  read(path: string): Promise<string | undefined>;
}

export async function projectChecks({ world }: CommandContext): Promise<Check[]> {
  const project = await openProject(world);
  const secrets = await secretVariables(world);
  return [
    await secretsInFiles(project, secrets),
    await privateFiles(world, project),
    await pipelines(project, secrets),
  ];
}

async function openProject({ cwd, files, machine }: CliWorld): Promise<Project> {
  const inFolder = files(cwd);
  const listed = await machine.git(cwd, ['ls-files', '-z', '--cached']);
  const read = async (path: string): Promise<string | undefined> => {
    const size = await inFolder.size(path).catch(() => undefined);
    if (size === undefined || size > FILE_BYTES_MAX) return undefined;
    const bytes = await inFolder.read(path).catch(() => undefined);
    // A zero byte tells a picture from a text.
    return bytes === undefined || bytes.includes(0) ? undefined : new TextDecoder().decode(bytes);
  };
  return listed === undefined ? { read } : { read, tracked: listed.split('\0').filter(Boolean).slice(0, FILES_MAX) };
}

/** The variables that hold secrets, as they are set here: their values are looked for, too. */
async function secretVariables(world: CliWorld): Promise<ReadonlyMap<string, string>> {
  const declared = (await world.connectorVariables()).map(({ name }) => name);
  const names = new Set([...declared, ...Object.keys(world.variables).filter((name) => SECRET_VARIABLE.test(name))]);
  return new Map([...names].map((name) => [name, world.variables[name] ?? '']));
}

async function secretsInFiles({ tracked = [], read }: Project, variables: ReadonlyMap<string, string>): Promise<Check> {
  const known = new SecretSet();
  for (const value of variables.values()) if (!isReference(value)) known.add(value);
  const found: string[] = [];
  for (const path of new Set([...OWN_FILES, ...MORE_FILES, ...tracked])) {
    const text = await read(path);
    if (text === undefined) continue;
    if (leakedTokens(text) > 0 || known.occursIn(text)) found.push(path);
  }
  const name = 'secrets in files';
  if (found.length === 0) return { name, ok: true, says: 'none in the configuration or in what git keeps' };
  const says = `${listed(found)}: replace the secret at its provider, take it out, use vault:NAME or env:NAME instead`;
  return { name, ok: false, says };
}

/** In the history as well: what was committed once is known to whoever has a clone. */
async function privateFiles({ cwd, machine }: CliWorld, { tracked }: Project): Promise<Check> {
  const name = 'git';
  if (tracked === undefined) return { name, ok: true, says: 'this folder is in no git repository' };
  const isPrivate = (path: string): boolean =>
    PRIVATE_FILES.some((file) => basename(path) === file || path.split('/').includes(file));
  const now = tracked.filter(isPrivate);
  if (now.length > 0) {
    const says = `${listed(now)}: git rm --cached, add to .gitignore, and replace every secret in it`;
    return { name, ok: false, says };
  }
  const history = await machine.git(cwd, ['log', '--all', '-n', '1', '--format=%h', '--', ...PRIVATE_FILES]);
  const commit = history?.trim() ?? '';
  if (commit === '') return { name, ok: true, says: 'no private file is or was in it' };
  return { name, ok: false, says: `commit ${commit} had a private file: replace every secret that was in it` };
}

async function pipelines({ tracked = [], read }: Project, variables: ReadonlyMap<string, string>): Promise<Check> {
  const name = 'CI';
  const files = tracked.filter((path) => PIPELINES.test(path));
  const found: string[] = [];
  for (const path of files) {
    const lines = ((await read(path)) ?? '').split('\n');
    lines.forEach((line, at) => {
      const [, variable, value] = ASSIGNMENT.exec(line) ?? [];
      if (variable === undefined || value === undefined) return;
      const isSecret = variables.has(variable) || SECRET_VARIABLE.test(variable);
      if (isSecret && !FILLED_IN_LATER.test(value) && !isReference(value)) found.push(`${path}:${at + 1} ${variable}`);
    });
  }
  if (found.length > 0) {
    const says = `written out: ${listed(found)}; use the secret store of your CI, see docs/guide/ci.md`;
    return { name, ok: false, says };
  }
  const says = files.length === 0 ? 'no pipeline here' : `${files.length} pipelines take secrets from their store`;
  return { name, ok: true, says };
}

function listed(items: readonly string[]): string {
  const more = items.length - NAMED_MAX;
  return items.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
